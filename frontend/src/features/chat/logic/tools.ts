import { formatDuration } from "@/lib/format";

import type { ToolUse } from "./answer";

/** More calls than these are folded under one heading. */
export const FOLDED_FROM = 6;

/** What a tool is doing, in words: the built-in ones say it themselves, others by their names. */
export function labelOf({ name, args }: Pick<ToolUse, "name" | "args">): string {
  const [first] = Object.values(args);
  const given = typeof first === "string" ? first.trim() : "";
  if (name === "calculator") return given === "" ? "Calculating" : `Calculating ${given}`;
  if (name === "current_time") return given === "" ? "Looking up the time" : `Looking up the time in ${given.replace(/^.*\//, "").replaceAll("_", " ")}`;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[_.-]+/g, " ")
    .trim()
    .toLowerCase();
  return words === "" ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

/** "Used 7 tools, 3.2 s", while they run "Using tools: 7 so far"; of failed ones their number. */
export function summaryOf(tools: readonly ToolUse[], running: boolean): string {
  if (running && tools.some((tool) => tool.result === null)) return `Using tools: ${tools.length} so far`;
  const seconds = tools.reduce((sum, tool) => sum + (tool.duration ?? 0), 0);
  const failed = tools.filter((tool) => tool.failed).length;
  return `Used ${tools.length} tools${seconds < 0.001 ? "" : `, ${formatDuration(seconds)}`}${failed === 0 ? "" : `, ${failed} failed`}`;
}
