import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";

import { Badge, Spinner } from "@/components/ui";
import type { Run } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { formatDateTime, formatDuration, formatMoney, formatTokens } from "@/lib/format";

import { cachedTokens, databaseUse } from "../logic/runs";
import { RunParts } from "./RunParts";

const STATES: Record<string, { text: string; tone: "neutral" | "accent" | "success" | "warning" | "danger" }> = {
  PENDING: { text: "Waiting", tone: "neutral" },
  RUNNING: { text: "Running", tone: "accent" },
  COMPLETED: { text: "Completed", tone: "success" },
  ERROR: { text: "Failed", tone: "danger" },
  CANCELLED: { text: "Cancelled", tone: "warning" },
};

/** One turn: what was asked, how it went, what it cost; everything else when it is opened. */
export function RunCard({ run, number, openAtFirst }: { run: Run; number: number; openAtFirst: boolean }) {
  const [open, setOpen] = useState(openAtFirst);
  const id = useId();
  const state = STATES[run.status] ?? { text: run.status, tone: "neutral" as const };
  return (
    <li className="rounded-xl border border-line bg-raised [contain-intrinsic-size:auto_7rem] [content-visibility:auto]">
      <h3>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="flex w-full items-start gap-3 rounded-xl p-3 text-left hover:bg-panel"
        >
          <ChevronRight aria-hidden className={cn("mt-0.5 size-4 shrink-0 text-muted transition-transform", open && "rotate-90")} />
          <span className="min-w-0 flex-1">
            <span className="flex items-center gap-2">
              <span className="text-xs tabular-nums text-muted">
                <span className="sr-only">Run </span>
                {number}
              </span>
              <Badge tone={state.tone}>
                {run.status === "RUNNING" && <Spinner label={null} className="[&_svg]:size-3" />}
                {state.text}
              </Badge>
              <time dateTime={run.created_at} className="ml-auto shrink-0 text-xs text-muted">
                {formatDateTime(run.created_at)}
              </time>
            </span>
            <span className="mt-1 line-clamp-2 text-sm font-medium break-words">{run.run_input || "(no text)"}</span>
          </span>
        </button>
      </h3>
      <Figures run={run} />
      {run.error && <p className="mx-3 mb-3 rounded-lg bg-danger-soft px-3 py-2 text-sm break-words">{run.error["message"]}</p>}
      <div id={id} hidden={!open}>
        {open && <RunParts run={run} />}
      </div>
    </li>
  );
}

function Figures({ run }: { run: Run }) {
  const { metrics } = run;
  const cached = cachedTokens(run);
  const database = databaseUse(run);
  const version = run.agent_version ? `version ${run.agent_version}` : null;
  const figures: [string, string | null][] = [
    ["Model", [run.model, version].filter(Boolean).join(", ") || null],
    ["Tokens", `${formatTokens(metrics.input_tokens ?? 0)} in${cached > 0 ? ` (${formatTokens(cached)} cached)` : ""}, ${formatTokens(metrics.output_tokens ?? 0)} out`],
    ["Cost", metrics.cost === undefined ? "no known price" : formatMoney(metrics.cost)],
    ["First word", metrics.time_to_first_token === undefined ? null : formatDuration(metrics.time_to_first_token)],
    ["Time", metrics.duration === undefined ? null : formatDuration(metrics.duration)],
    ["Database", metrics.database ? `${database.reads} reads, ${database.writes} writes, ${database.commits} commits` : null],
  ];
  return (
    <dl className="flex flex-wrap gap-x-5 gap-y-1 px-3 pb-3 pl-10 text-xs">
      {figures.map(
        ([name, value]) =>
          value !== null && (
            <div key={name} className="flex gap-1.5">
              <dt className="text-muted">{name}</dt>
              <dd className="tabular-nums">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
