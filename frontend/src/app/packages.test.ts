// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import ts from "typescript";
import { describe, expect, it } from "vitest";

import manifest from "../../package.json";

const needed = new Set(Object.keys(manifest.dependencies));
const known = new Set([...needed, ...Object.keys(manifest.devDependencies)]);

interface Import {
  from: string;
  /** Gone before anything runs. */
  typeOnly: boolean;
}

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const see = (node: ts.Node): void => {
    const from = (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier;
    const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword : ts.isExportDeclaration(node) && node.isTypeOnly;
    const loaded = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0];
    if (from && ts.isStringLiteral(from)) found.push({ from: from.text, typeOnly });
    if (loaded && ts.isStringLiteral(loaded)) found.push({ from: loaded.text, typeOnly: false });
    ts.forEachChild(node, see);
  };
  see(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found.filter((one) => !/^(?:\.|@\/)/.test(one.from) && !isBuiltin(one.from));
}

/** `@scope/name/part` and `name/part` are parts of a package. */
const packageOf = (from: string): string => from.split("/", from.startsWith("@") ? 2 : 1).join("/");
const typesOf = (name: string): string => `@types/${name.replace(/^@/, "").replace("/", "__")}`;

/** The imports of a file whose package package.json does not name where it has to. */
function unnamed(file: string, text: string): string[] {
  const isChecked = /\.test\.tsx?$|\/testing\/|^(?:eslint|vitest)\.config\./.test(file);
  return importsOf(file, text)
    .filter(({ from, typeOnly }) => {
      const name = packageOf(from);
      return !(isChecked || typeOnly ? known.has(name) || known.has(typesOf(name)) : needed.has(name));
    })
    .map(({ from }) => from);
}

const sources = ["src", "diagram", "."]
  .flatMap((folder) => readdirSync(folder, { recursive: folder !== "." }).map((name) => `${folder}/${String(name)}`.replace(/^\.\//, "")))
  .filter((file) => /\.(?:tsx?|js)$/.test(file));

describe("package.json names", () => {
  it("all that the sources import", () => {
    expect(sources).toContain("src/app/main.tsx");
    expect(sources.flatMap((file) => unnamed(file, readFileSync(file, "utf8")).map((from) => `${file}: ${from}`))).toEqual([]);
  });

  it.each([
    ["a package that only another one brought", 'import { unified } from "mdast-util-to-markdown";'],
    ["a part of it", 'export { a } from "@floating-ui/dom/part";'],
    ["a package loaded later", 'void import("devlop");'],
    ["types alone", 'import type { Node } from "unist";'],
    ["a package of the checks", 'import { it } from "vitest";'],
  ])("not %s: it would be found", (_what, line) => expect(unnamed("src/lib/cn.ts", line)).toHaveLength(1));

  it.each(['import type { Root } from "mdast";', 'import { useState } from "react";', 'import { a } from "@/lib/cn"; import b from "./b"; import fs from "node:fs";'])(
    "what this imports: %s",
    (line) => expect(unnamed("src/lib/cn.ts", line)).toEqual([]),
  );
});
