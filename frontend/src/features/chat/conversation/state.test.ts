import { describe, expect, it } from "vitest";

import type { Run } from "@/lib/api/types";

import { fromStored, merged, unsentRun, type ThreadRun } from "./state";

function stored(id: string, minute: number, more: Partial<Run> = {}): Run {
  return {
    run_id: id,
    agent_id: "agt",
    session_id: "ses",
    status: "COMPLETED",
    run_input: `question ${id}`,
    run_response_format: "text",
    content: `answer ${id}`,
    metrics: {},
    messages: [],
    agent_version: 1,
    model: "stub",
    attachments: [],
    created_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    ...more,
  };
}

function keys(runs: readonly ThreadRun[]): string[] {
  return runs.map((run) => run.key);
}

describe("runs brought up to date by a page", () => {
  it("come in the server's order, behind the older pages that are here", () => {
    const known = [fromStored(stored("a", 1)), fromStored(stored("b", 2))];
    expect(keys(merged(known, [stored("b", 2), stored("c", 3)], null))).toEqual(["a", "b", "c"]);
    expect(keys(merged([fromStored(stored("c", 3))], [stored("a", 1), stored("b", 2)], null))).toEqual(["a", "b", "c"]);
  });

  it("keep the key that the page drew them with, and a message that the server does not know yet", () => {
    const named = { ...unsentRun({ id: "msg_1", text: "question b", agentId: "agt" }, "a", [], 0), id: "b" };
    const waiting = unsentRun({ id: "msg_2", text: "next", agentId: "agt" }, "b", [], Date.UTC(2026, 0, 2));
    const runs = merged([named, waiting], [stored("a", 1), stored("b", 2)], null);
    expect(keys(runs)).toEqual(["a", "msg_1", "msg_2"]);
    expect(runs[1]?.answer.content).toBe("answer b");
  });

  it("leave the run alone that is being streamed: its words are newer", () => {
    const live = { ...fromStored(stored("b", 2, { status: "RUNNING" })), answer: { ...fromStored(stored("b", 2)).answer, content: "answer b and more" } };
    expect(merged([live], [stored("b", 2, { status: "RUNNING", content: "answ" })], "b")[0]?.answer.content).toBe("answer b and more");
  });

  it("do not lose when another try is worth it, which is told once", () => {
    const error = { status: "ERROR" as const, error: { type: "rate_limited", message: "too many" } };
    const problem = { kind: "rate_limited", message: "too many", requestId: null, retryAfter: 5 };
    const seen = { ...fromStored(stored("a", 1, error)), answer: { ...fromStored(stored("a", 1, error)).answer, problem } };
    expect(merged([seen], [stored("a", 1, error)], null)[0]?.answer.problem).toBe(problem);
    expect(merged([seen], [stored("a", 1)], null)[0]?.answer.problem).toBeNull();
  });

  it("do not lose how long this page saw them think", () => {
    const seen = { ...fromStored(stored("a", 1)), answer: { ...fromStored(stored("a", 1)).answer, thoughtFor: 8 } };
    expect(merged([seen], [stored("a", 1)], null)[0]?.answer.thoughtFor).toBe(8);
  });
});
