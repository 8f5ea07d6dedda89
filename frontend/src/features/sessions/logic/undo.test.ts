import { beforeEach, expect, test } from "vitest";

import { type Scheduler, UndoQueue } from "./undo";

class Timers implements Scheduler {
  private calls = new Map<number, () => void>();
  private next = 0;
  after(_milliseconds: number, call: () => void): () => void {
    const key = this.next++;
    this.calls.set(key, call);
    return () => this.calls.delete(key);
  }
  run(): void {
    const calls = [...this.calls.values()];
    this.calls.clear();
    for (const call of calls) call();
  }
}

let timers: Timers;
let hidden: string[];
let log: string[];
let failure: Error | null;
let queue: UndoQueue;

beforeEach(() => {
  timers = new Timers();
  hidden = [];
  log = [];
  failure = null;
  queue = new UndoQueue({
    delay: 6000,
    timers,
    send: (ids, leaving) => {
      log.push(`send ${ids.join(",")}${leaving ? " leaving" : ""}`);
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
    onChange: (now) => { hidden = [...now]; },
    onSent: (ids) => log.push(`sent ${ids.join(",")} while ${hidden.length} hidden`),
    onFailed: (ids) => log.push(`failed ${ids.join(",")}`),
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a deletion hides at once and is sent when its time has come", async () => {
  queue.add(["a"]);
  expect(hidden).toEqual(["a"]);
  expect(log).toEqual([]);
  timers.run();
  await settled();
  expect(log).toEqual(["send a", "sent a while 1 hidden"]);
  expect(hidden).toEqual([]);
});

test("undone, nothing is sent and nothing stays hidden", async () => {
  const undo = queue.add(["a"]);
  expect(undo()).toBe(true);
  timers.run();
  await settled();
  expect(hidden).toEqual([]);
  expect(log).toEqual([]);
  expect(undo()).toBe(false);
});

test("an undo that comes too late says so", async () => {
  const undo = queue.add(["a"]);
  timers.run();
  expect(undo()).toBe(false);
  await settled();
  expect(log).toContain("send a");
});

test("deletions are undone one by one", () => {
  const first = queue.add(["a", "b"]);
  queue.add(["c"]);
  first();
  expect(hidden).toEqual(["c"]);
});

test("what the server refused comes back", async () => {
  failure = new Error("offline");
  queue.add(["a"]);
  timers.run();
  await settled();
  expect(hidden).toEqual([]);
  expect(log).toEqual(["send a", "failed a"]);
});

test("leaving the page sends what waits, once, before anything else runs", async () => {
  queue.add(["a"]);
  queue.add(["b"]);
  const left = queue.flush();
  expect(log).toEqual(["send a leaving", "send b leaving"]);
  await left;
  timers.run();
  await settled();
  expect(log.filter((line) => line.startsWith("send "))).toHaveLength(2);
});

test("a session that is being deleted is not deleted twice", () => {
  queue.add(["a"]);
  const second = queue.add(["a"]);
  expect(second()).toBe(false);
  expect(hidden).toEqual(["a"]);
});
