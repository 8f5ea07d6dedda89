import type { RunMetrics } from "@/lib/api/types";

import type { SseEvent } from "./sse";

export interface ToolFields {
  tool_call_id: string;
  tool_name: string;
  tool_args?: Record<string, unknown> | null;
  result?: string | null;
  tool_call_error?: boolean | null;
  metrics?: { start_time?: number; duration?: number | null } | null;
}

/** One event of a run as the API words it; which fields are there depends on its name. */
export interface RunEvent {
  name: string;
  index: number | null;
  runId: string | null;
  /** Epoch seconds by the server's clock. */
  at: number;
  content?: string;
  reasoning?: string;
  model?: string;
  reason?: string;
  errorType?: string;
  errorId?: string;
  retryAfter?: number;
  tool?: ToolFields;
  metrics?: RunMetrics;
}

/** Indexes of one attempt at a run: the next attempt begins at the next multiple. */
export const ATTEMPT_STRIDE = 1_000_000;

/** The event, or null when its data is not what an event carries. */
export function runEvent(event: SseEvent): RunEvent | null {
  const fields = parsed(event.data);
  if (fields === null) return null;
  const made: RunEvent = {
    name: event.name,
    index: event.index,
    runId: text(fields.run_id) ?? null,
    at: typeof fields.created_at === "number" ? fields.created_at : 0,
  };
  const content = text(fields.content);
  if (content !== undefined) made.content = content;
  const reasoning = text(fields.reasoning_content);
  if (reasoning !== undefined) made.reasoning = reasoning;
  const model = text(fields.model);
  if (model !== undefined) made.model = model;
  const reason = text(fields.reason);
  if (reason !== undefined) made.reason = reason;
  const errorType = text(fields.error_type);
  if (errorType !== undefined) made.errorType = errorType;
  const errorId = text(fields.error_id);
  if (errorId !== undefined) made.errorId = errorId;
  if (typeof fields.retry_after === "number") made.retryAfter = fields.retry_after;
  if (isRecord(fields.tool) && typeof fields.tool.tool_call_id === "string") made.tool = fields.tool as unknown as ToolFields;
  if (isRecord(fields.metrics)) made.metrics = fields.metrics;
  return made;
}

/** Whether the run is over with this event. A RunError without an index tells only that this stream broke off. */
export function isEnd(event: RunEvent): boolean {
  return event.name === "RunCompleted" || event.name === "RunCancelled" || (event.name === "RunError" && event.index !== null);
}

function parsed(data: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(data);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
