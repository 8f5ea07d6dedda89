import { lazy, Suspense, useEffect, useState } from "react";

import { Markdown } from "@/components/markdown";
import { formatDuration } from "@/lib/format";

import { isOpen, type ThreadRun } from "../conversation/state";
import { parts } from "../logic/answer";
import { AnswerActions } from "./actions";
import { useChat } from "./chat-context";
import { ProblemCard } from "./problem-card";
import { Reasoning } from "./reasoning";
import { ToolLines } from "./tool-line";

const Details = lazy(async () => ({ default: (await import("./details")).Details }));

export function AssistantMessage({ run, last }: { run: ThreadRun; last: boolean }) {
  const { agents } = useChat();
  const [details, setDetails] = useState(false);
  const { answer, status } = run;
  const open = isOpen(status);
  const pieces = parts(answer);
  const name = agents.find((agent) => agent.id === run.agentId)?.name ?? "The agent";
  return (
    <div aria-busy={open} className="min-w-0">
      <h3 className="sr-only">{name} answered</h3>
      {answer.reasoning !== "" && <Reasoning text={answer.reasoning} seconds={answer.thoughtFor} thinking={open && answer.content === ""} />}
      {pieces.map((part, n) =>
        part.kind === "text" ? (
          <Markdown key={n} text={part.text} streaming={open && n === pieces.length - 1} />
        ) : (
          <ToolLines key={n} tools={part.tools} running={open} />
        ),
      )}
      {open && answer.content === "" && <Progress run={run} />}
      {status === "cancelled" && <p className="mt-1 text-sm text-muted italic">Stopped{answer.content === "" ? " before the first word." : ". What was said until then is kept."}</p>}
      {answer.problem && !open && <ProblemCard run={run} problem={answer.problem} />}
      {/* A failed answer has its own ways on. */}
      {!open && status !== "unsent" && status !== "failed" && <AnswerActions run={run} last={last} onDetails={() => setDetails(!details)} />}
      {details && (
        <Suspense fallback={null}>
          <Details run={run} />
        </Suspense>
      )}
    </div>
  );
}

/** What is going on while there is no word yet. */
function Progress({ run }: { run: ThreadRun }) {
  const seconds = useElapsed(run.createdAt);
  const text = run.stopping ? "Stopping…" : run.status === "waiting" ? "Waiting for an earlier answer of this chat…" : run.status === "reconnecting" ? "Reconnecting…" : run.upload ? "Sending your files…" : "Thinking…";
  return (
    <p className="flex min-h-7 items-center gap-2 text-sm text-muted">
      <span className="animate-pulse">{text}</span>
      {seconds >= 3 && <span className="tabular-nums">{formatDuration(seconds)}</span>}
    </p>
  );
}

/** Whole seconds since a moment. */
function useElapsed(since: number): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(Math.max(0, Math.floor((Date.now() - since) / 1000))), 1000);
    return () => clearInterval(timer);
  }, [since]);
  return seconds;
}
