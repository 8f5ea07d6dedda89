import boundaries from "eslint-plugin-boundaries";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// What each part may import. Features do not know each other: src/app puts them together.
const to = (...types) => types.map((type) => ({ to: { element: { type } } }));
const own = { to: { element: { type: "feature", captured: { feature: "{{from.element.captured.feature}}" } } } };
const policies = [
  { from: { element: { type: "app" } }, allow: to("app", "feature", "component", "lib") },
  { from: { element: { type: "feature" } }, allow: [own, ...to("component", "lib")] },
  { from: { element: { type: "component" } }, allow: to("component", "lib") },
  { from: { element: { type: "lib" } }, allow: to("lib") },
];

export default tseslint.config(
  { ignores: ["dist", "dist.*", "node_modules", "src/lib/api/schema.d.ts"] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ["src/**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries, "react-hooks": reactHooks, "jsx-a11y": jsxA11y },
    settings: {
      "import/resolver": { typescript: true },
      "boundaries/elements": [
        { type: "app", pattern: "src/app" },
        { type: "feature", pattern: "src/features/*", capture: ["feature"] },
        { type: "component", pattern: "src/components/*" },
        { type: "lib", pattern: "src/lib" },
      ],
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      ...jsxA11y.flatConfigs.recommended.rules,
      "boundaries/dependencies": ["error", { default: "disallow", checkInternals: false, policies }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", 300],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "The page's policy forbids HTML from strings: make elements." },
        { selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]", message: "The page's policy forbids HTML from strings: make elements." },
      ],
      "no-restricted-globals": ["error", { name: "fetch", message: "Use src/lib/api." }],
    },
  },
  { files: ["src/lib/api/**"], rules: { "no-restricted-globals": "off" } },
  { files: ["*.{js,ts}", "public/**", "diagram/**"], ...tseslint.configs.disableTypeChecked },
);
