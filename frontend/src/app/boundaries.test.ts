// @vitest-environment node
import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

/** The rule's complaints about a line that stands in that file. */
async function complaints(file: string, line: string): Promise<string[]> {
  const eslint = new ESLint({ overrideConfig: [{ rules: {} }] });
  const [result] = await eslint.lintText(`${line}\n`, { filePath: file });
  return (result?.messages ?? []).filter((one) => one.ruleId === "boundaries/dependencies").map((one) => one.message);
}

describe("what may import what", { timeout: 60_000 }, () => {
  it.each([
    ["src/features/settings/index.ts", 'import "@/features/auth";'],
    ["src/features/settings/index.ts", 'import "../auth/index";'],
    ["src/features/settings/index.ts", 'import "@/app/title";'],
    ["src/components/ui/index.ts", 'import "@/features/auth";'],
    ["src/lib/cn.ts", 'import "@/components/ui";'],
    ["src/lib/cn.ts", 'import "@/features/auth";'],
  ])("%s may not: %s", async (file, line) => expect(await complaints(file, line)).toHaveLength(1));

  it.each([
    ["src/features/settings/index.ts", 'import "./settings-page";'],
    ["src/features/settings/index.ts", 'import "@/components/ui"; import "@/lib/cn";'],
    ["src/app/title.ts", 'import "@/features/auth"; import "@/components/ui"; import "@/lib/cn";'],
    ["src/components/ui/index.ts", 'import "@/lib/cn";'],
  ])("%s may: %s", async (file, line) => expect(await complaints(file, line)).toEqual([]));
});
