/**
 * Messages that wait for their turn: typed while the agent was busy, or sent and not yet taken. They are kept per session, so that a
 * reload loses none; a message's id is its Idempotency-Key, so that sending it twice (two tabs, a reload) makes one run.
 */
import { stored } from "@/lib/storage";
import type { Store } from "@/lib/store";

export interface QueuedMessage {
  id: string;
  text: string;
  agentId: string;
  /** `parent_run_id` of an edited or repeated message; null: at the end of the branch, wherever that is when its turn comes. */
  parent: string | null;
  /** Milliseconds since 1970. */
  at: number;
  /** How many files it has; the files themselves are kept under its id. */
  files: number;
  /** Its files are not here any more. */
  bare?: boolean;
  /** It begins its session, which is not on the server before it. */
  begins?: boolean;
  /** waiting: for its turn; sending: on its way; failed: was not taken; held: it waits for a word of the reader's. */
  state: "waiting" | "sending" | "failed" | "held";
}

/** A message found after a reload is sent by itself only when it is not older than this: what was typed yesterday may surprise. */
const FRESH_MS = 10 * 60_000;

export function queueOf(session: string): Store<readonly QueuedMessage[]> {
  return stored<readonly QueuedMessage[]>(`chat.queue.${session}`, [], fits);
}

export function draftOf(session: string): Store<string> {
  return stored(`chat.draft.${session}`, "", (value) => typeof value === "string");
}

/** Texts as one, the first on top. */
export function joined(...texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== "").join("\n\n");
}

/** What a page finds out about the messages of a queue that it opens with. */
export interface Findings {
  /** The server has the message by now. */
  taken: (message: QueuedMessage) => boolean;
  /** Its files are still here. */
  whole: (message: QueuedMessage) => boolean;
}

/** What of a queue found at the opening of a page is still to be sent. */
export function restored(queue: readonly QueuedMessage[], now: number, { taken, whole }: Findings): QueuedMessage[] {
  return queue
    .filter((message) => !taken(message))
    .map((message) => {
      const bare = !whole(message);
      if (message.state === "failed") return { ...message, bare };
      return { ...message, bare, state: bare || now - message.at > FRESH_MS ? "held" : "waiting" };
    });
}

/** The next message to send, or null: nothing passes a message that failed or waits for the reader. */
export function next(queue: readonly QueuedMessage[]): QueuedMessage | null {
  const first = queue[0];
  return first?.state === "waiting" ? first : null;
}

export function changed(queue: readonly QueuedMessage[], id: string, change: Partial<QueuedMessage>): QueuedMessage[] {
  return queue.map((message) => (message.id === id ? { ...message, ...change } : message));
}

export function without(queue: readonly QueuedMessage[], id: string): QueuedMessage[] {
  return queue.filter((message) => message.id !== id);
}

/** The queue with one message before all others, ready to be sent. */
export function first(queue: readonly QueuedMessage[], id: string): QueuedMessage[] {
  const found = queue.find((message) => message.id === id);
  return found ? [{ ...found, state: "waiting" }, ...without(queue, id)] : [...queue];
}

function fits(value: unknown): boolean {
  return Array.isArray(value) && value.every((item: unknown) => typeof item === "object" && item !== null && "id" in item && "text" in item && "state" in item);
}
