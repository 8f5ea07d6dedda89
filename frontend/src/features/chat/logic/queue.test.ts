import { describe, expect, it } from "vitest";

import { changed, first, next, queueOf, restored, without, type Findings, type QueuedMessage } from "./queue";

const NOW = 1_800_000_000_000;

function message(id: string, more: Partial<QueuedMessage> = {}): QueuedMessage {
  return { id, text: `text of ${id}`, agentId: "agt", parent: null, at: NOW, files: 0, state: "waiting", ...more };
}

const nothingKnown: Findings = { taken: () => false, whole: (item) => item.files === 0 };

describe("the queue", () => {
  it("is sent in order, and stands still behind a message that failed", () => {
    expect(next([message("a"), message("b")])?.id).toBe("a");
    expect(next([message("a", { state: "failed" }), message("b")])).toBeNull();
    expect(next([])).toBeNull();
  });

  it("lets a message go before all others", () => {
    const queue = first([message("a"), message("b", { state: "held" }), message("c")], "b");
    expect(queue.map((item) => `${item.id} ${item.state}`)).toEqual(["b waiting", "a waiting", "c waiting"]);
  });

  it("can be changed and shortened", () => {
    expect(changed([message("a")], "a", { text: "new" })[0]?.text).toBe("new");
    expect(without([message("a"), message("b")], "a").map((item) => item.id)).toEqual(["b"]);
  });

  it("is kept for its session", () => {
    queueOf("ses_1").set([message("a")]);
    expect(localStorage.getItem("reggie.v1.chat.queue.ses_1")).toContain("text of a");
    expect(queueOf("ses_2").get()).toEqual([]);
  });
});

describe("a queue found after a reload", () => {
  it("goes on where it stood, without what the server has taken", () => {
    const found = restored([message("a", { state: "sending" }), message("b")], NOW, { taken: (item) => item.id === "a", whole: () => true });
    expect(found).toEqual([message("b", { bare: false })]);
    expect(restored([message("a", { state: "sending" })], NOW, nothingKnown)[0]?.state).toBe("waiting");
  });

  it("asks before it sends what is old, and what has lost its files", () => {
    const found = restored([message("a", { at: NOW - 11 * 60_000 }), message("b", { files: 2 })], NOW, nothingKnown);
    expect(found.map((item) => item.state)).toEqual(["held", "held"]);
    expect(found.map((item) => item.bare)).toEqual([false, true]);
  });
});
