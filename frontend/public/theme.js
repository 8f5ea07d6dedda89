// Before the first paint, so that a dark page never flashes white and no text jumps. The keys are those of src/lib/theme.ts; values are JSON.
(() => {
  const read = (key) => {
    try {
      return localStorage.getItem(`reggie.v1.${key}`);
    } catch {
      return null; // No storage: the system's choice holds.
    }
  };
  const { classList, style } = document.documentElement;
  const chosen = read("theme");
  classList.toggle("dark", chosen === '"dark"' || (chosen !== '"light"' && matchMedia("(prefers-color-scheme: dark)").matches));
  classList.toggle("contrast", read("contrast") === "true" || matchMedia("(prefers-contrast: more)").matches);
  classList.toggle("compact", read("density") === '"compact"');
  const size = read("text-size");
  if (size === "112.5" || size === "125" || size === "150") style.fontSize = `${size}%`;
})();
