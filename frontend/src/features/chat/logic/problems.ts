import { ApiError } from "@/lib/api";

import type { Problem } from "./answer";

export type Cause = "limit" | "budget" | "provider" | "network" | "content" | "bug";

const CAUSES: Record<string, Cause> = {
  limited: "limit",
  rate_limited: "limit",
  queue_full: "limit",
  budget_exceeded: "budget",
  insufficient_quota: "budget",
  model_unavailable: "provider",
  model_refused: "provider",
  model_timeout: "provider",
  model_provider_error: "provider",
  tool_limit: "provider",
  interrupted: "provider",
  network: "network",
  unavailable: "network",
  invalid_request: "content",
  too_large: "content",
  unsupported_media_type: "content",
  unprocessable: "content",
  context_too_long: "content",
  content_filtered: "content",
  not_found: "content",
  unauthenticated: "content",
  forbidden: "content",
};

/** What kind of thing went wrong: an unknown kind is taken for a fault of ours. */
export function causeOf(kind: string): Cause {
  return CAUSES[kind] ?? "bug";
}

export const HEADLINES: Record<Cause, string> = {
  limit: "Too many requests at the moment",
  budget: "The budget is used up",
  provider: "The model did not finish its answer",
  network: "The connection was lost",
  content: "This message cannot be answered as it is",
  bug: "Something went wrong on our side",
};

/** Whether the same message may succeed another time. */
export function mayRetry(cause: Cause): boolean {
  return cause !== "budget";
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return { kind: error.kind, message: error.detail, requestId: error.requestId, retryAfter: error.retryAfter };
  return { kind: "page", message: "This page met an unexpected fault. Your message is kept.", requestId: null, retryAfter: null };
}

/** What "Copy details" puts on the clipboard. */
export function detailsOf(problem: Problem, where: { session: string; run: string | null; at: string }): string {
  const lines = [problem.message, `kind: ${problem.kind}`, `session: ${where.session}`, `at: ${where.at}`];
  if (where.run) lines.push(`run: ${where.run}`);
  if (problem.requestId) lines.push(`request: ${problem.requestId}`);
  return lines.join("\n");
}
