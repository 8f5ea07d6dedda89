import { describe, expect, it } from "vitest";

import type { ToolUse } from "./answer";
import { labelOf, summaryOf } from "./tools";

const tool = (change: Partial<ToolUse> = {}): ToolUse => ({ id: "call", name: "calculator", args: {}, result: "2", failed: false, duration: 0.5, at: 0, ...change });

describe("a tool's label", () => {
  it.each([
    ["calculator", { expression: "17 * 6 + 5" }, "Calculating 17 * 6 + 5"],
    ["calculator", {}, "Calculating"],
    ["current_time", { timezone: "America/New_York" }, "Looking up the time in New York"],
    ["current_time", {}, "Looking up the time"],
    ["search_web", { query: "x" }, "Search web"],
    ["getUserById", {}, "Get user by id"],
    ["_", {}, "_"],
  ])("of %s with %j is %j", (name, args, label) => {
    expect(labelOf({ name, args })).toBe(label);
  });
});

describe("the heading of many tools", () => {
  it("counts them and their time", () => {
    expect(summaryOf(Array.from({ length: 7 }, () => tool()), false)).toBe("Used 7 tools, 3.5 s");
    expect(summaryOf([tool({ duration: null }), tool({ duration: null, failed: true })], false)).toBe("Used 2 tools, 1 failed");
  });

  it("says that they go on", () => {
    expect(summaryOf([tool(), tool({ result: null })], true)).toBe("Using tools: 2 so far");
    expect(summaryOf([tool(), tool({ result: null, duration: null })], false)).toBe("Used 2 tools, 500 ms");
  });
});
