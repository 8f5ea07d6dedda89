/**
 * A run's events to its end, whatever happens to the connection.
 *
 * A new run is sent with an Idempotency-Key: when the answer to the POST is lost, the same POST is sent again and meets the same run.
 * Once the answer has named the run, a cut is healed with GET …/events behind the last index. An index that was seen is dropped; an index
 * of a later attempt (a multiple of ATTEMPT_STRIDE on) starts the answer anew.
 */
import { ApiError } from "@/lib/api";
import type { Progress } from "@/lib/api/upload";

import { ATTEMPT_STRIDE, isEnd, runEvent, type RunEvent } from "./events";
import { sseParser } from "./sse";

/** connecting: nothing was answered yet; waiting: accepted, but the session is busy with an earlier run. */
export type StreamState = "connecting" | "waiting" | "streaming" | "reconnecting" | "ended";

export interface RunSource {
  /** Sends the message, the same at every call; null for a run that is there already. `onUpload` hears of what has left of its files. */
  send: ((signal: AbortSignal, onUpload: Progress) => Promise<Response>) | null;
  /** The events behind `after`. */
  events: (run: string, after: number, signal: AbortSignal) => Promise<Response>;
  run: string | null;
}

export interface RunListener {
  onEvent: (event: RunEvent) => void;
  /** The answer begins again: what came so far is void. */
  onRestart: () => void;
  onState: (state: StreamState) => void;
  /** The server has the message: it cannot be lost any more. `run`: its name, which the answer's header tells. */
  onAccepted: (run: string | null) => void;
  /** Bytes of the message's files. */
  onUpload: Progress;
}

/** What a stream needs of its surroundings; tests bring their own. */
export interface StreamEnv {
  /** Waits, or less: until the network is back, or the signal ends it. */
  pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  /** Calls back after `seconds` unless the answer is called before. */
  timer: (seconds: number, then: () => void) => () => void;
}

const FIRST_PAUSE = 0.3;
const LONGEST_PAUSE = 5;
/** The server says something every 10 s: two and a half of that in silence is a dead connection. */
const SILENCE = 25;
/** Without an event for so long, the run waits for an earlier one of its session. */
const QUEUED_AFTER = 1.5;
/** A message that was not taken after so many tries (about 4 s) is shown as unsent; it may be sent again by hand. */
const SEND_TRIES = 5;

/** Resolves when the run is over. Throws ApiError when the message is refused, or the run is not there any more. */
export async function followRun(source: RunSource, listener: RunListener, env: StreamEnv, signal: AbortSignal): Promise<void> {
  const reader = new Follower(source, listener, env, signal);
  const left = (): boolean => signal.aborted;
  let failures = 0;
  while (!left()) {
    const before = reader.last;
    let wait: number | null = null;
    try {
      if (await reader.read()) return;
      wait = reader.asked;
    } catch (error) {
      // An abort of the caller's own is no failure.
      if (left()) return;
      if (!worthAnotherTry(error) || (!reader.accepted && failures + 1 >= SEND_TRIES)) throw error;
      wait = error instanceof ApiError ? error.retryAfter : null;
    }
    failures = reader.last > before ? 1 : failures + 1;
    if (left()) return;
    listener.onState(reader.accepted ? "reconnecting" : "connecting");
    await env.pause(wait ?? backoff(failures, env.random()), signal);
  }
}

/** 0.3 s, then twice as long each time up to 5 s, of which half by chance: tabs shall not come back all at once. */
export function backoff(failures: number, random: number): number {
  const whole = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
  return whole * (0.5 + random / 2);
}

function worthAnotherTry(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  // 500 is a fault of the program: it would come again. 502 to 504 come from what stands before it, or ask for another try.
  return error.status === 0 || error.status === 408 || (error.status >= 502 && error.status <= 504);
}

class Follower {
  last = -1;
  accepted: boolean;
  /** Seconds after which the stream that broke off last asked to be taken up. */
  asked: number | null = null;
  private run: string | null;

  constructor(
    private readonly source: RunSource,
    private readonly listener: RunListener,
    private readonly env: StreamEnv,
    private readonly signal: AbortSignal,
  ) {
    this.run = source.run;
    this.accepted = source.send === null;
  }

  /** One connection, until it ends. True when the run is over. */
  async read(): Promise<boolean> {
    const connection = new AbortController();
    const end = (): void => connection.abort();
    this.signal.addEventListener("abort", end, { once: true });
    let silent = this.env.timer(SILENCE, end);
    const alive = (): void => {
      silent();
      silent = this.env.timer(SILENCE, end);
    };
    const queued = this.env.timer(QUEUED_AFTER, () => {
      if (this.accepted && this.last < 0) this.listener.onState("waiting");
    });
    try {
      this.asked = null;
      const response = await this.open(connection.signal, alive);
      this.run ??= response.headers.get("X-Run-Id");
      if (!this.accepted) {
        this.accepted = true;
        this.listener.onAccepted(this.run);
      }
      return await this.drain(response, alive);
    } finally {
      silent();
      queued();
      this.signal.removeEventListener("abort", end);
      connection.abort();
    }
  }

  private open(signal: AbortSignal, alive: () => void): Promise<Response> {
    if (this.run !== null) return this.source.events(this.run, this.last, signal);
    if (this.source.send === null) throw new Error("a stream needs a message or a run");
    return this.source.send(signal, (sent, total) => {
      alive();
      this.listener.onUpload(sent, total);
    });
  }

  private async drain(response: Response, alive: () => void): Promise<boolean> {
    const reader = response.body?.getReader();
    if (!reader) return false;
    const parser = sseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      alive();
      for (const raw of parser.push(value)) {
        const event = runEvent(raw);
        if (event && this.take(event)) return true;
      }
    }
  }

  /** True when the run is over with this event. */
  private take(event: RunEvent): boolean {
    this.run ??= event.runId;
    // Without an index it says only that this stream breaks off: the caller connects again.
    if (event.index === null) this.asked = event.retryAfter ?? null;
    if (event.index === null || event.index <= this.last) return false;
    if (this.last >= 0 && attempt(event.index) !== attempt(this.last)) this.listener.onRestart();
    this.last = event.index;
    this.listener.onState("streaming");
    this.listener.onEvent(event);
    if (!isEnd(event)) return false;
    this.listener.onState("ended");
    return true;
  }
}

function attempt(index: number): number {
  return Math.floor(index / ATTEMPT_STRIDE);
}

/** The browser as surroundings. */
export const browserEnv: StreamEnv = {
  random: Math.random,
  timer: (seconds, then) => {
    const id = setTimeout(then, seconds * 1000);
    return () => clearTimeout(id);
  },
  pause: (seconds, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(id);
        removeEventListener("online", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const id = setTimeout(done, seconds * 1000);
      addEventListener("online", done);
      signal.addEventListener("abort", done);
    }),
};
