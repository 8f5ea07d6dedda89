import { expect, test } from "vitest";

import { eventLines, totalsOf } from "./runs";

test("runs add up, and a cost that is not known of all of them says so", () => {
  const runs = [
    { metrics: { input_tokens: 100, output_tokens: 20, cache_read_tokens: 60, cost: 0.25, database: { reads: 3, writes: 5, commits: 2 } } },
    { metrics: { input_tokens: 10, output_tokens: 2, database: { reads: 1, writes: "many" } } },
    { metrics: { cached_tokens: 4, cost: 0.5 } },
  ];
  expect(totalsOf(runs)).toEqual({ runs: 3, input: 110, output: 22, cached: 64, cost: 0.75, costIncomplete: true, reads: 4, writes: 5 });
});

test("no price at all is no price of zero", () => {
  expect(totalsOf([{ metrics: { input_tokens: 1 } }]).cost).toBeNull();
  expect(totalsOf([]).cost).toBeNull();
  expect(totalsOf([{ metrics: { cost: 0 } }]).cost).toBe(0);
});

test("events count from the first one, in words", () => {
  const lines = eventLines([
    { event: "RunStarted", created_at: 1000, event_index: 1_000_000, model: "gpt-5-mini", attempt: 2 },
    { event: "ToolCallStarted", created_at: 1002, event_index: 1_000_001, tool: { tool_name: "search", tool_args: { q: "green\ntea", limit: 3 }, result: "x".repeat(200) } },
    { event: "ModelRequestCompleted", created_at: 1003, event_index: 1_000_002, total_tokens: 42, time_to_first_token: 0.1234 },
    { event: "RunError", created_at: 999, event_index: 1_000_003, content: "the model broke off" },
  ]);
  expect(lines.map((line) => [line.offset, line.name, line.detail])).toEqual([
    [0, "RunStarted", "gpt-5-mini · attempt 2"],
    [2, "ToolCallStarted", `search(q: green tea, limit: 3) → ${"x".repeat(80)}…`],
    [3, "ModelRequestCompleted", "42 tokens · first word after 123 ms"],
    [0, "RunError", "the model broke off"],
  ]);
});

test("an event without anything known is still a line", () => {
  expect(eventLines([{ odd: 1 }])).toEqual([{ index: null, offset: null, name: "Event", detail: "" }]);
});
