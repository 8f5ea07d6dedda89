import { describe, expect, it } from "vitest";

import { ApiError } from "@/lib/api";

import type { RunEvent } from "./events";
import { backoff, followRun, type RunSource, type StreamEnv, type StreamState } from "./stream";

type Frame = [index: number | null, name: string, fields?: Record<string, unknown>];

/** A connection that carries `frames` and then ends, or breaks with `fault`. */
function connection(frames: Frame[], fault?: Error, headers: Record<string, string> = {}): Response {
  const encoder = new TextEncoder();
  const pieces = frames.map(([index, name, fields]) =>
    encoder.encode(`${index === null ? "" : `id: ${index}\n`}event: ${name}\ndata: ${JSON.stringify({ run_id: "run_1", ...fields })}\n\n`),
  );
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else if (fault) controller.error(fault);
      else controller.close();
    },
  });
  return new Response(stream, { headers });
}

const words = (index: number, content: string): Frame => [index, "RunContent", { content }];
const cut = new TypeError("network error");
const lost = new ApiError({ status: 0, kind: "network", detail: "lost" });

async function follow(answers: (Response | Error)[], options: { run?: string; env?: Partial<StreamEnv>; abort?: AbortController } = {}) {
  const asked: string[] = [];
  const states: StreamState[] = [];
  const pauses: number[] = [];
  let text = "";
  let restarts = 0;
  let accepted = 0;
  const next = (request: string): Promise<Response> => {
    asked.push(request);
    const answer = answers.shift() ?? new ApiError({ status: 500, kind: "internal", detail: "the test gave no more answers" });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const source: RunSource = {
    run: options.run ?? null,
    send: options.run ? null : () => next("send"),
    events: (run, after) => next(`${run} behind ${after}`),
  };
  const env: StreamEnv = {
    random: () => 1,
    timer: () => () => undefined,
    pause: (seconds) => {
      pauses.push(seconds);
      return Promise.resolve();
    },
    ...options.env,
  };
  const onEvent = (event: RunEvent): void => {
    if (event.name === "RunContent") text += event.content ?? "";
  };
  const listener = {
    onEvent,
    onRestart: () => {
      restarts += 1;
      text = "";
    },
    onState: (state: StreamState) => {
      if (states.at(-1) !== state) states.push(state);
    },
    onUpload: () => undefined,
    onAccepted: () => (accepted += 1),
  };
  const failure = await followRun(source, listener, env, (options.abort ?? new AbortController()).signal).catch((error: unknown) => error);
  return { asked, states, pauses, text, restarts, accepted, failure };
}

describe("a run's stream", () => {
  it("tells the events and ends with the run", async () => {
    const seen = await follow([connection([[0, "RunStarted"], words(1, "Hello"), [2, "RunCompleted"]])]);
    expect(seen).toMatchObject({ text: "Hello", states: ["streaming", "ended"], asked: ["send"], accepted: 1, failure: undefined });
  });

  it("goes on behind the last index after a cut, and drops what it knows", async () => {
    const seen = await follow([
      connection([[0, "RunStarted"], words(1, "one "), words(2, "two ")], cut),
      connection([words(1, "one "), words(2, "two "), words(3, "three"), [4, "RunCompleted"]]),
    ]);
    expect(seen.text).toBe("one two three");
    expect(seen.asked).toEqual(["send", "run_1 behind 2"]);
    expect(seen.states).toEqual(["streaming", "reconnecting", "streaming", "ended"]);
  });

  it("takes an end without a last event, and a RunError without an id, for a cut", async () => {
    const seen = await follow([
      connection([[0, "RunStarted"]]),
      connection([words(1, "a"), [null, "RunError", { error_type: "unavailable" }]]),
      connection([words(2, "b"), [3, "RunCompleted"]]),
    ]);
    expect(seen.text).toBe("ab");
    expect(seen.asked).toEqual(["send", "run_1 behind 0", "run_1 behind 1"]);
  });

  it("knows a run by its header, before any event has named it", async () => {
    const seen = await follow([connection([], cut, { "X-Run-Id": "run_1" }), connection([[0, "RunStarted"], [1, "RunCompleted"]])]);
    expect(seen.asked).toEqual(["send", "run_1 behind -1"]);
  });

  it("comes back when a stream that breaks off asks it to", async () => {
    const seen = await follow([
      connection([[0, "RunStarted"], [null, "RunError", { error_type: "unavailable", retry_after: 4 }]]),
      connection([[1, "RunCompleted"]]),
    ]);
    expect(seen.pauses).toEqual([4]);
  });

  it("starts the answer anew when another attempt took the run over", async () => {
    const seen = await follow([
      connection([[0, "RunStarted"], words(1, "half an ans")], cut),
      connection([[1_000_000, "RunStarted"], words(1_000_001, "whole"), [1_000_002, "RunCompleted"]]),
    ]);
    expect(seen).toMatchObject({ text: "whole", restarts: 1 });
  });

  it("sends the message again when no answer to it came", async () => {
    const seen = await follow([lost, lost, connection([[0, "RunStarted"], [1, "RunCompleted"]])]);
    expect(seen).toMatchObject({ asked: ["send", "send", "send"], accepted: 1, failure: undefined });
  });

  it("gives a message up that cannot be sent, after several tries", async () => {
    const seen = await follow(Array.from({ length: 9 }, () => lost));
    expect(seen.failure).toBe(lost);
    expect(seen.asked).toHaveLength(5);
  });

  it("never gives up a run that was accepted", async () => {
    const silence = Array.from({ length: 40 }, () => lost);
    const seen = await follow([connection([[0, "RunStarted"]], cut), ...silence, connection([[1, "RunCompleted"]])]);
    expect(seen.failure).toBeUndefined();
    expect(Math.max(...seen.pauses)).toBe(5);
  });

  it("does not repeat what was refused", async () => {
    const limited = new ApiError({ status: 429, kind: "limited", detail: "wait", retryAfter: 7 });
    const seen = await follow([limited]);
    expect(seen).toMatchObject({ failure: limited, asked: ["send"] });
  });

  it("waits as long as the server asks for", async () => {
    const busy = new ApiError({ status: 503, kind: "unavailable", detail: "busy", retryAfter: 3 });
    const seen = await follow([busy, connection([[0, "RunCompleted"]])]);
    expect(seen.pauses).toEqual([3]);
  });

  it("attaches to a run that is there already from its first event", async () => {
    const seen = await follow([connection([[0, "RunStarted"], words(1, "all"), [2, "RunCompleted"]])], { run: "run_9" });
    expect(seen).toMatchObject({ text: "all", asked: ["run_9 behind -1"] });
  });

  it("ends without a word when the reader leaves", async () => {
    const abort = new AbortController();
    const pause = (): Promise<void> => {
      abort.abort();
      return Promise.resolve();
    };
    const seen = await follow([lost, lost], { abort, env: { pause } });
    expect(seen).toMatchObject({ failure: undefined, asked: ["send"] });
  });
});

it("pauses grow from 0.3 s to 5 s, between half and the whole", () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((failures) => backoff(failures, 1))).toEqual([0.3, 0.6, 1.2, 2.4, 4.8, 5, 5]);
  expect(backoff(20, 0)).toBe(2.5);
});
