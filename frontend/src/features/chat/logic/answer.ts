/** An answer as it grows from a run's events, or as it stands in a stored run. */
import type { Run, RunMetrics } from "@/lib/api/types";

import type { RunEvent, ToolFields } from "./events";

export interface ToolUse {
  id: string;
  name: string;
  args: Record<string, unknown>;
  result: string | null;
  failed: boolean;
  /** Seconds; null while it runs, or when nobody measured. */
  duration: number | null;
  /** Where in the answer it was used: so many UTF-16 units of `content` came before. */
  at: number;
}

export interface Problem {
  /** The API's `error_type`. */
  kind: string;
  message: string;
  requestId: string | null;
  /** Seconds. */
  retryAfter: number | null;
}

export interface Answer {
  content: string;
  reasoning: string;
  /** Seconds from the run's start to the first word behind the thoughts; null: not known, or still thinking. */
  thoughtFor: number | null;
  tools: readonly ToolUse[];
  model: string | null;
  metrics: RunMetrics | null;
  problem: Problem | null;
}

export const NO_ANSWER: Answer = { content: "", reasoning: "", thoughtFor: null, tools: [], model: null, metrics: null, problem: null };

/** The answer after an event. `now` and `startedAt`: this browser's clock, in seconds. */
export function grown(answer: Answer, event: RunEvent, clock: { now: number; startedAt: number }): Answer {
  switch (event.name) {
    case "RunStarted":
      return { ...answer, model: event.model ?? answer.model, problem: null };
    case "RunContent":
      return withWords(answer, event, clock);
    case "ToolCallStarted":
      return event.tool ? { ...answer, tools: withTool(answer.tools, event.tool, answer.content.length, false) } : answer;
    case "ToolCallCompleted":
    case "ToolCallError":
      return event.tool ? { ...answer, tools: withTool(answer.tools, event.tool, answer.content.length, true) } : answer;
    case "RunCompleted":
      return {
        ...answer,
        content: event.content ?? answer.content,
        reasoning: event.reasoning ?? answer.reasoning,
        metrics: event.metrics ?? answer.metrics,
      };
    case "RunCancelled":
      return { ...answer, metrics: event.metrics ?? answer.metrics };
    case "RunError":
      return {
        ...answer,
        metrics: event.metrics ?? answer.metrics,
        problem: {
          kind: event.errorType ?? "error",
          message: event.content ?? "The run ended without an answer.",
          requestId: event.errorId ?? null,
          retryAfter: event.retryAfter ?? null,
        },
      };
    default:
      return answer;
  }
}

function withWords(answer: Answer, event: RunEvent, clock: { now: number; startedAt: number }): Answer {
  if (event.reasoning !== undefined) return { ...answer, reasoning: answer.reasoning + event.reasoning };
  if (event.content === undefined || event.content === "") return answer;
  const thoughtFor = answer.reasoning && answer.thoughtFor === null && answer.content === "" ? clock.now - clock.startedAt : answer.thoughtFor;
  return { ...answer, content: answer.content + event.content, thoughtFor };
}

function withTool(tools: readonly ToolUse[], fields: ToolFields, at: number, done: boolean): ToolUse[] {
  const known = tools.find((tool) => tool.id === fields.tool_call_id && (tool.result === null || done));
  const made: ToolUse = {
    id: fields.tool_call_id,
    name: fields.tool_name,
    args: fields.tool_args ?? {},
    result: done ? (fields.result ?? "") : null,
    failed: fields.tool_call_error === true,
    duration: fields.metrics?.duration ?? null,
    at: known?.at ?? at,
  };
  return known ? tools.map((tool) => (tool === known ? made : tool)) : [...tools, made];
}

/** The answer of a stored run. */
export function storedAnswer(run: Run): Answer {
  const message = run.error?.message ?? "";
  // A run without a word of an answer has its failure's sentence for content.
  const content = run.error && run.content === message ? "" : run.content;
  return {
    content,
    reasoning: run.reasoning_content ?? "",
    thoughtFor: thinkingTime(run),
    tools: storedTools(run),
    model: run.model ?? modelOfEvents(run),
    metrics: run.metrics,
    problem: run.error && run.status !== "CANCELLED" ? { kind: run.error.type ?? "error", message, requestId: null, retryAfter: null } : null,
  };
}

function storedTools(run: Run): ToolUse[] {
  const ended = new Map<string, ToolFields>();
  for (const event of run.events ?? []) {
    const tool = event.tool as ToolFields | undefined;
    if (tool && (event.event === "ToolCallCompleted" || event.event === "ToolCallError")) ended.set(tool.tool_call_id, tool);
  }
  const places = toolPlaces(run);
  return (run.tools ?? []).map((tool) => {
    const known = ended.get(tool.tool_call_id);
    return {
      id: tool.tool_call_id,
      name: tool.tool_name,
      args: tool.tool_args ?? {},
      result: tool.result ?? known?.result ?? "",
      failed: known?.tool_call_error === true || tool.tool_call_error === true,
      duration: known?.metrics?.duration ?? null,
      at: places.get(tool.tool_call_id) ?? 0,
    };
  });
}

/** For each tool call, how much of the answer was said before it. */
function toolPlaces(run: Run): Map<string, number> {
  const places = new Map<string, number>();
  let said = 0;
  for (const message of run.messages) {
    if (message.role !== "assistant") continue;
    if (typeof message.content === "string") said += message.content.length;
    const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as { id?: unknown }[]) : [];
    for (const call of calls) if (typeof call.id === "string") places.set(call.id, said);
  }
  return places;
}

function thinkingTime(run: Run): number | null {
  return run.reasoning_content ? (run.metrics.time_to_first_token ?? null) : null;
}

function modelOfEvents(run: Run): string | null {
  const started = (run.events ?? []).find((event) => event.event === "RunStarted");
  return typeof started?.model === "string" ? started.model : null;
}

export type Part = { kind: "text"; text: string } | { kind: "tools"; tools: ToolUse[] };

/** The answer in the order in which it came: words, tools used, words. */
export function parts(answer: Answer): Part[] {
  const made: Part[] = [];
  let from = 0;
  for (const tool of answer.tools) {
    const to = Math.min(Math.max(tool.at, from), answer.content.length);
    if (to > from) made.push({ kind: "text", text: answer.content.slice(from, to) });
    from = to;
    const last = made.at(-1);
    if (last?.kind === "tools") last.tools.push(tool);
    else made.push({ kind: "tools", tools: [tool] });
  }
  if (from < answer.content.length) made.push({ kind: "text", text: answer.content.slice(from) });
  return made;
}
