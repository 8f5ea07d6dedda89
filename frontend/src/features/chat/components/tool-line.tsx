import { Check, ChevronRight, CircleAlert, Wrench } from "lucide-react";

import { Spinner } from "@/components/ui";
import { cn } from "@/lib/cn";
import { formatDuration } from "@/lib/format";

import type { ToolUse } from "../logic/answer";
import { FOLDED_FROM, labelOf, summaryOf } from "../logic/tools";

/** Tools that were used one after another; many are folded under a heading. */
export function ToolLines({ tools, running }: { tools: readonly ToolUse[]; running: boolean }) {
  const lines = tools.map((tool, nth) => <ToolLine key={`${nth} ${tool.id}`} tool={tool} running={running} />);
  return (
    <div role="group" aria-label="Tools used" className="my-2">
      {tools.length < FOLDED_FROM ? (
        lines
      ) : (
        <details className="group/tools">
          <summary className="inline-flex min-h-8 cursor-pointer list-none items-center gap-1.5 rounded text-sm text-muted hover:text-text pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
            <ChevronRight aria-hidden className="size-3.5 shrink-0 transition-transform group-open/tools:rotate-90" />
            <Wrench aria-hidden className="size-3.5 shrink-0" />
            {summaryOf(tools, running)}
          </summary>
          {lines}
        </details>
      )}
    </div>
  );
}

/** A tool that the agent used, in one line; what went in and came out below it. `running`: the run goes on. */
function ToolLine({ tool, running }: { tool: ToolUse; running: boolean }) {
  const state = toolState(tool, running);
  const label = labelOf(tool);
  // The built-in ones have their arguments in their label.
  const alone = label.endsWith(preview(tool));
  return (
    <details className="group/tool my-1 rounded-lg border border-line bg-panel text-sm">
      <summary className="flex min-h-8 cursor-pointer list-none items-center gap-2 px-2.5 pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-3.5 shrink-0 text-muted transition-transform group-open/tool:rotate-90" />
        <Wrench aria-hidden className="size-3.5 shrink-0 text-muted" />
        <span className={cn("font-medium", alone && "min-w-0 flex-1 truncate")}>{label}</span>
        {!alone && <span className="min-w-0 flex-1 truncate text-muted">{preview(tool)}</span>}
        <span className="flex shrink-0 items-center gap-1.5 text-xs text-muted">
          {state.icon}
          <span className={tool.failed ? "text-danger" : undefined}>{state.text}</span>
        </span>
      </summary>
      <div className="space-y-2 border-t border-line p-2.5">
        <Block title="Input" text={JSON.stringify(tool.args, null, 2)} />
        {tool.result !== null && <Block title={tool.failed ? "Error" : "Result"} text={tool.result === "" ? "(nothing)" : tool.result} />}
      </div>
    </details>
  );
}

function toolState(tool: ToolUse, running: boolean) {
  if (tool.result === null && running) return { icon: <Spinner label={null} className="[&_svg]:size-3.5" />, text: "Running" };
  if (tool.result === null) return { icon: null, text: "Not finished" };
  const time = tool.duration === null || tool.duration < 0.001 ? "" : ` in ${formatDuration(tool.duration)}`;
  if (tool.failed) return { icon: <CircleAlert aria-hidden className="size-3.5 text-danger" />, text: `Failed${time}` };
  return { icon: <Check aria-hidden className="size-3.5 text-success" />, text: `Done${time}` };
}

/** The arguments in a few words: their values, as far as they fit into the line. */
function preview(tool: ToolUse): string {
  return Object.values(tool.args)
    .map((value) => (typeof value === "string" ? value : JSON.stringify(value)))
    .join(", ")
    .slice(0, 120);
}

function Block({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <p className="mb-1 text-xs font-medium text-muted">{title}</p>
      {/* It scrolls: the keyboard must reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label={title} className="max-h-72 overflow-auto rounded-md bg-ground p-2 font-mono text-xs break-words whitespace-pre-wrap">
        {text}
      </pre>
    </div>
  );
}
