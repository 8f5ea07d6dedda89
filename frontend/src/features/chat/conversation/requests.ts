/** What the chat asks of the API. */
import { apiFetch, apiJson, json } from "@/lib/api";
import { uploading, type Progress } from "@/lib/api/upload";
import type { Agent, Feedback, Run, SessionDetail } from "@/lib/api/types";

import type { MessageFile } from "./state";

/** Runs in a page of a session: what a screen or two shows, and 1,000 messages stay under a second. */
export const PAGE = 50;

export interface Sending {
  agentId: string;
  sessionId: string;
  text: string;
  /** `parent_run_id`; null: leave it out. */
  parent: string | null;
  files: readonly File[];
  /** The Idempotency-Key. */
  key: string;
}

/** `onUpload` hears of the files on their way; without files there is nothing worth telling. */
export function sendRun(sending: Sending, signal: AbortSignal, onUpload: Progress): Promise<Response> {
  const form = new FormData();
  form.set("message", sending.text);
  form.set("stream", "true");
  form.set("session_id", sending.sessionId);
  if (sending.parent !== null) form.set("parent_run_id", sending.parent);
  for (const file of sending.files) form.append("files", file, file.name);
  const path = `/agents/${part(sending.agentId)}/runs`;
  const init = { method: "POST", headers: { "Idempotency-Key": sending.key }, signal };
  return sending.files.length === 0 ? apiFetch(path, { ...init, body: form }) : apiFetch(path, init, uploading(form, onUpload));
}

export function continueRun(agent: string, session: string, run: string, key: string, signal: AbortSignal): Promise<Response> {
  const body = new URLSearchParams({ session_id: session, stream: "true" });
  return apiFetch(`/agents/${part(agent)}/runs/${part(run)}/continue`, { method: "POST", body, headers: { "Idempotency-Key": key }, signal });
}

export function readEvents(agent: string, session: string, run: string, after: number, signal: AbortSignal): Promise<Response> {
  const query = new URLSearchParams({ session_id: session, last_event_index: String(after) });
  return apiFetch(`/agents/${part(agent)}/runs/${part(run)}/events?${query.toString()}`, { signal });
}

export async function cancelRun(agent: string, session: string, run: string): Promise<void> {
  const body = new URLSearchParams({ session_id: session });
  await apiFetch(`/agents/${part(agent)}/runs/${part(run)}/cancel?${body.toString()}`, { method: "POST", body });
}

/** The session's last runs, or those before `before`; oldest first. */
export async function readRuns(session: string, before: string | null): Promise<{ runs: Run[]; older: boolean }> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(before === null ? {} : { before }) });
  const response = await apiFetch(`/sessions/${part(session)}/runs?${query.toString()}`);
  return { runs: (await response.json()) as Run[], older: response.headers.has("Link") };
}

export function readSession(session: string): Promise<SessionDetail> {
  return apiJson(`/sessions/${part(session)}`);
}

export function forkSession(session: string, run: string): Promise<SessionDetail> {
  return apiJson(`/sessions/${part(session)}/fork`, json("POST", { run_id: run }));
}

export function giveFeedback(session: string, run: string, feedback: Feedback | null): Promise<Feedback | null> {
  const body = feedback ?? { rating: null, reasons: [], comment: "" };
  return apiJson(`/sessions/${part(session)}/runs/${part(run)}/feedback`, json("PUT", body));
}

export function readAgents(): Promise<Agent[]> {
  return apiJson("/agents");
}

/** By agent, what a new chat may begin with. */
export async function readStarters(): Promise<Record<string, string[]>> {
  const config = await apiJson<{ chat?: { quick_prompts?: Record<string, string[]> } }>("/config");
  return config.chat?.quick_prompts ?? {};
}

/** The file itself: from this page, or fetched with the token, which an address in an <img> could not carry. */
export async function fileOf(file: MessageFile): Promise<File> {
  if (file.file) return file.file;
  if (file.url === null) throw new Error("a file is either here or stored");
  const response = await apiFetch(file.url);
  return new File([await response.blob()], file.name, { type: file.type });
}

function part(id: string): string {
  return encodeURIComponent(id);
}
