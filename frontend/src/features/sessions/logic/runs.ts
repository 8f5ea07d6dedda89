/** What runs add up to, and their events in words. */

import type { Run } from "@/lib/api/types";

export interface Totals {
  runs: number;
  input: number;
  output: number;
  cached: number;
  /** US dollars; null when no price is known for any of the runs. */
  cost: number | null;
  /** Some runs have no known price: the cost is at least this. */
  costIncomplete: boolean;
  reads: number;
  writes: number;
}

export function totalsOf(runs: readonly Pick<Run, "metrics">[]): Totals {
  const totals: Totals = { runs: runs.length, input: 0, output: 0, cached: 0, cost: null, costIncomplete: false, reads: 0, writes: 0 };
  for (const { metrics } of runs) {
    totals.input += metrics.input_tokens ?? 0;
    totals.output += metrics.output_tokens ?? 0;
    totals.cached += cachedTokens({ metrics });
    const { reads, writes } = databaseUse({ metrics });
    totals.reads += reads;
    totals.writes += writes;
    if (metrics.cost === undefined) totals.costIncomplete = true;
    else totals.cost = (totals.cost ?? 0) + metrics.cost;
  }
  return totals;
}

export function cachedTokens({ metrics }: Pick<Run, "metrics">): number {
  return metrics.cache_read_tokens ?? metrics.cached_tokens ?? 0;
}

export function databaseUse({ metrics }: Pick<Run, "metrics">): { reads: number; writes: number; commits: number } {
  return { reads: count(metrics.database?.["reads"]), writes: count(metrics.database?.["writes"]), commits: count(metrics.database?.["commits"]) };
}

/** Letters of an argument or a result in an event's line. */
const LONGEST = 80;

export interface EventLine {
  /** Its place in the run's log; it may be missing in logs of other makers. */
  index: number | null;
  /** Whole seconds behind the first event: the log keeps no finer time. */
  offset: number | null;
  name: string;
  detail: string;
}

/** The events of a run, one line each. */
export function eventLines(events: readonly Record<string, unknown>[]): EventLine[] {
  const start = events.map((event) => event["created_at"]).find((at) => typeof at === "number");
  return events.map((event) => {
    const { created_at: at, event_index: index, event: name } = event;
    return {
      index: typeof index === "number" ? index : null,
      offset: typeof at === "number" && start !== undefined ? Math.max(0, at - start) : null,
      name: typeof name === "string" ? name : "Event",
      detail: detailOf(event),
    };
  });
}

function detailOf(event: Record<string, unknown>): string {
  const parts: string[] = [];
  const tool = event["tool"];
  if (isRecord(tool)) parts.push(toolLine(tool));
  parts.push(text(event["reason"]), event["event"] === "RunError" ? text(event["content"]) : "", text(event["model"]));
  if (typeof event["attempt"] === "number" && event["attempt"] > 1) parts.push(`attempt ${event["attempt"]}`);
  if (typeof event["total_tokens"] === "number") parts.push(`${event["total_tokens"]} tokens`);
  if (typeof event["time_to_first_token"] === "number") parts.push(`first word after ${Math.round(event["time_to_first_token"] * 1000)} ms`);
  return parts.filter(Boolean).join(" · ");
}

/** "search(q: tea) → 3 pages": enough to follow a run; the tool calls have the whole of it. */
function toolLine(tool: Record<string, unknown>): string {
  const given = isRecord(tool["tool_args"]) ? Object.entries(tool["tool_args"]).map(([name, value]) => `${name}: ${short(typeof value === "string" ? value : JSON.stringify(value))}`) : [];
  const result = text(tool["result"]);
  return `${text(tool["tool_name"])}(${given.join(", ")})${result ? ` → ${short(result)}` : ""}`;
}

function short(value: string): string {
  const line = value.replaceAll(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
