import { beforeEach, expect, test } from "vitest";

import { type Scheduler, UndoQueue } from "./undo";

class Timers implements Scheduler {
  private calls = new Map<number, { due: number; call: () => void }>();
  private next = 0;
  private now = 0;
  after(milliseconds: number, call: () => void): () => void {
    const key = this.next++;
    this.calls.set(key, { due: this.now + milliseconds, call });
    return () => this.calls.delete(key);
  }
  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const [key, { due, call }] of this.calls) {
      if (due > this.now) continue;
      this.calls.delete(key);
      call();
    }
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
    delay: 1000,
    longest: 30_000,
    timers,
    send: (ids, leaving) => {
      log.push(`send ${ids.join(",")}${leaving ? " leaving" : ""}`);
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
    onChange: (now) => { hidden = [...now]; },
    onSending: (ids) => log.push(`closing ${ids.join(",")}`),
    onSent: (ids) => log.push(`sent ${ids.join(",")} while ${hidden.length} hidden`),
    onFailed: (ids) => log.push(`failed ${ids.join(",")}`),
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a deletion hides at once and is sent when its time has come", async () => {
  queue.add(["a"]);
  expect(hidden).toEqual(["a"]);
  expect(log).toEqual([]);
  timers.pass(30_000);
  await settled();
  expect(log).toEqual(["closing a", "send a", "sent a while 1 hidden"]);
  expect(hidden).toEqual([]);
});

test("as long as it can be undone it is not sent, and a moment later it is", async () => {
  const deletion = queue.add(["a"]);
  timers.pass(20_000);
  expect(log).toEqual([]);
  deletion.release();
  timers.pass(999);
  expect(log).toEqual([]);
  timers.pass(1);
  await settled();
  expect(log).toContain("send a");
  deletion.release();
  timers.pass(60_000);
  expect(log.filter((line) => line === "send a")).toHaveLength(1);
});

test("undone, nothing is sent and nothing stays hidden", async () => {
  const { undo } = queue.add(["a"]);
  expect(undo()).toBe(true);
  timers.pass(30_000);
  await settled();
  expect(hidden).toEqual([]);
  expect(log).toEqual([]);
  expect(undo()).toBe(false);
});

test("an undo that comes too late says so", async () => {
  const { undo } = queue.add(["a"]);
  timers.pass(30_000);
  expect(undo()).toBe(false);
  await settled();
  expect(log).toContain("send a");
});

test("deletions are undone one by one", () => {
  const first = queue.add(["a", "b"]);
  queue.add(["c"]);
  first.undo();
  expect(hidden).toEqual(["c"]);
});

test("what the server refused comes back", async () => {
  failure = new Error("offline");
  queue.add(["a"]);
  timers.pass(30_000);
  await settled();
  expect(hidden).toEqual([]);
  expect(log).toEqual(["closing a", "send a", "failed a"]);
});

test("leaving the page sends what waits, once, before anything else runs", async () => {
  queue.add(["a"]);
  queue.add(["b"]);
  const left = queue.flush();
  expect(log.filter((line) => line.startsWith("send "))).toEqual(["send a leaving", "send b leaving"]);
  await left;
  timers.pass(30_000);
  await settled();
  expect(log.filter((line) => line.startsWith("send "))).toHaveLength(2);
});

test("a session that is being deleted is not deleted twice", () => {
  queue.add(["a"]);
  const second = queue.add(["a"]);
  expect(second.undo()).toBe(false);
  expect(hidden).toEqual(["a"]);
});
