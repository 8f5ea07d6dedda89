import type { Attachment, Feedback, Run } from "@/lib/api/types";

import { NO_ANSWER, storedAnswer, type Answer } from "../logic/answer";
import type { Choices, Node } from "../logic/thread";

/** unsent: the server never took the message; all others it has. */
export type RunStatus = "sending" | "waiting" | "streaming" | "reconnecting" | "completed" | "failed" | "cancelled" | "unsent";

/** A file of a message: stored, or still in this page's hands. */
export interface MessageFile {
  name: string;
  type: string;
  /** Bytes. */
  size: number;
  url: string | null;
  file: File | null;
}

/** A message and its answer, as the thread shows them. Changes make a new object; `key` stays. */
export interface ThreadRun extends Node {
  agentId: string;
  message: string;
  files: readonly MessageFile[];
  /** Milliseconds since 1970. */
  createdAt: number;
  status: RunStatus;
  /** Its files on their way to the server, in bytes. */
  upload: { sent: number; total: number } | null;
  /** Stop was pressed, and the server has not confirmed it yet. */
  stopping: boolean;
  answer: Answer;
  feedback: Feedback | null;
  version: number | null;
}

export interface ConversationState {
  /** missing: the session is not there, or was deleted elsewhere. */
  phase: "new" | "loading" | "ready" | "missing" | "failed";
  /** Why it could not be loaded. */
  error: unknown;
  /** Oldest first; of a long session the last pages. */
  runs: readonly ThreadRun[];
  /** There are older runs on the server. */
  older: boolean;
  loadingOlder: boolean;
  choices: Choices;
  /** The message that was sent last from this page. `direct`: just now; else it waited for its turn. */
  anchored: Anchor | null;
}

export interface Anchor {
  key: string;
  direct: boolean;
}

export function isOpen(status: RunStatus): boolean {
  return status === "sending" || status === "waiting" || status === "streaming" || status === "reconnecting";
}

const STATUS: Record<string, RunStatus> = { PENDING: "waiting", RUNNING: "streaming", COMPLETED: "completed", CANCELLED: "cancelled", ERROR: "failed" };

export function fromStored(run: Run): ThreadRun {
  return {
    key: run.run_id,
    id: run.run_id,
    parent: run.parent_run_id ?? null,
    agentId: run.agent_id,
    message: run.run_input,
    files: (run.attachments ?? []).map(storedFile),
    createdAt: Date.parse(run.created_at),
    status: STATUS[run.status] ?? "completed",
    upload: null,
    stopping: false,
    answer: storedAnswer(run),
    feedback: run.feedback ?? null,
    version: run.agent_version ?? null,
  };
}

function storedFile(file: Attachment): MessageFile {
  return { name: file.name, type: file.content_type, size: file.size, url: file.url, file: null };
}

export function localFile(file: File): MessageFile {
  return { name: file.name, type: file.type, size: file.size, url: null, file };
}

export function unsentRun(message: { id: string; text: string; agentId: string }, parent: string | null, files: readonly File[], now: number): ThreadRun {
  return {
    key: message.id,
    id: null,
    parent,
    agentId: message.agentId,
    message: message.text,
    files: files.map(localFile),
    createdAt: now,
    status: "sending",
    upload: null,
    stopping: false,
    answer: NO_ANSWER,
    feedback: null,
    version: null,
  };
}

/**
 * The runs that are known, brought up to date by a page of the server's. `live` is being streamed here: its words are newer than the page's.
 * Keys and local files of known runs stay, so that nothing on the page is made anew.
 */
export function merged(known: readonly ThreadRun[], page: readonly Run[], live: string | null): ThreadRun[] {
  const byId = new Map(known.flatMap((run) => (run.id === null ? [] : [[run.id, run] as const])));
  const inPage = new Set(page.map((run) => run.run_id));
  const fresh = page.map((stored) => {
    const run = byId.get(stored.run_id);
    if (!run) return fromStored(stored);
    if (run.key === live) return run;
    const made = fromStored(stored);
    return { ...made, key: run.key, files: run.files.some((file) => file.file) ? run.files : made.files, answer: keptTimes(made.answer, run.answer) };
  });
  const others = known.filter((run) => run.id === null || !inPage.has(run.id));
  const first = fresh[0]?.createdAt ?? Infinity;
  return [...others.filter((run) => run.id !== null && run.createdAt < first), ...fresh, ...others.filter((run) => run.id === null || run.createdAt >= first)];
}

/** What only this page measured or was told is not lost to what the server stored. */
function keptTimes(answer: Answer, before: Answer): Answer {
  const same = before.problem !== null && before.problem.message === answer.problem?.message;
  return { ...answer, thoughtFor: before.thoughtFor ?? answer.thoughtFor, problem: same ? before.problem : answer.problem };
}
