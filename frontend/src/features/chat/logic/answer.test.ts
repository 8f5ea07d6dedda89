import { describe, expect, it } from "vitest";

import type { Run } from "@/lib/api/types";

import { grown, NO_ANSWER, parts, storedAnswer, type Answer } from "./answer";
import type { RunEvent } from "./events";

const clock = { now: 108, startedAt: 100 };

function after(...events: Partial<RunEvent>[]): Answer {
  return events.reduce<Answer>((answer, event) => grown(answer, { name: "", index: 0, runId: "run_1", at: 0, ...event }, clock), NO_ANSWER);
}

const call = { tool_call_id: "c1", tool_name: "calculator", tool_args: { expression: "1+1" } };

describe("an answer", () => {
  it("grows by words and thoughts, and knows how long it thought", () => {
    const answer = after({ name: "RunContent", reasoning: "Hm" }, { name: "RunContent", content: "It" }, { name: "RunContent", content: " is" });
    expect(answer).toMatchObject({ content: "It is", reasoning: "Hm", thoughtFor: 8 });
  });

  it("shows a tool in its place, running and then done", () => {
    const running = after({ name: "RunContent", content: "Let me see. " }, { name: "ToolCallStarted", tool: call });
    expect(running.tools).toMatchObject([{ name: "calculator", result: null, at: 12 }]);
    const done = grown(
      running,
      { name: "ToolCallCompleted", index: 3, runId: "r", at: 0, tool: { ...call, result: "2", metrics: { duration: 0.2 } } },
      clock,
    );
    const more = grown(done, { name: "RunContent", index: 4, runId: "r", at: 0, content: "Two." }, clock);
    expect(parts(more).map((part) => (part.kind === "text" ? part.text : part.tools.map((tool) => tool.result)))).toEqual(["Let me see. ", ["2"], "Two."]);
  });

  it("keeps the words that came before an error", () => {
    const answer = after({ name: "RunContent", content: "half" }, { name: "RunError", content: "It broke.", errorType: "model_timeout" });
    expect(answer).toMatchObject({ content: "half", problem: { kind: "model_timeout", message: "It broke." } });
  });

  it("takes the whole text that the end tells", () => {
    expect(after({ name: "RunContent", content: "hal" }, { name: "RunCompleted", content: "whole" }).content).toBe("whole");
  });
});

describe("a stored run", () => {
  const run: Run = {
    run_id: "run_1",
    agent_id: "a",
    session_id: "s",
    status: "COMPLETED",
    run_input: "hi",
    run_response_format: "text",
    content: "Before. After.",
    metrics: {},
    agent_version: 1,
    model: "stub",
    attachments: [],
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "Before. ", tool_calls: [{ id: "c1" }] },
      { role: "tool", content: "2", tool_call_id: "c1" },
      { role: "assistant", content: "After." },
    ],
    tools: [{ tool_call_id: "c1", tool_name: "calculator", result: "2" }],
    created_at: "2026-01-01T00:00:00Z",
  };

  it("reads as it was streamed: tools between the words", () => {
    expect(parts(storedAnswer(run)).map((part) => (part.kind === "text" ? part.text : "tools"))).toEqual(["Before. ", "tools", "After."]);
  });

  it("does not show its failure's sentence as an answer", () => {
    const failed = storedAnswer({ ...run, tools: null, messages: [], status: "ERROR", content: "no", error: { type: "rate_limited", message: "no" } });
    expect(failed).toMatchObject({ content: "", problem: { kind: "rate_limited", message: "no" } });
  });
});
