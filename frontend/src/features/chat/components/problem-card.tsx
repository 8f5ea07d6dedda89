import { Bot, Copy, PencilLine, RotateCw, TriangleAlert } from "lucide-react";

import { Button, useCountdown } from "@/components/ui";
import { formatDuration } from "@/lib/format";

import type { ThreadRun } from "../conversation/state";
import type { Problem } from "../logic/answer";
import { causeOf, detailsOf, HEADLINES, mayRetry } from "../logic/problems";
import { AgentMenu } from "./agent-menu";
import { useChat } from "./chat-context";
import { copyText } from "./copy";

/** Why there is no answer, or no whole one, and the ways on. */
export function ProblemCard({ run, problem }: { run: ThreadRun; problem: Problem }) {
  const { conversation, again, busy, insert } = useChat();
  const cause = causeOf(problem.kind);
  const left = useCountdown(problem.retryAfter ?? 0, problem);
  const unsent = run.status === "unsent";
  const details = detailsOf(problem, { session: conversation.id, run: run.id, at: new Date(run.createdAt).toISOString() });
  const edit = (): void => {
    conversation.takeBack(run.key);
    insert("");
  };
  return (
    <div role="alert" className="mt-2 rounded-xl border border-danger/40 bg-danger-soft p-3 text-sm">
      <p className="flex items-center gap-2 font-medium text-danger">
        <TriangleAlert aria-hidden className="size-4 shrink-0" />
        {unsent ? "Your message was not sent" : HEADLINES[cause]}
      </p>
      <p className="mt-1 break-words">{problem.message}</p>
      {problem.requestId !== null && <p className="mt-1 font-mono text-xs text-muted select-all">{problem.requestId}</p>}
      <div className="mt-2 flex flex-wrap gap-2">
        {(mayRetry(cause) || unsent) && (
          <Button size="sm" icon={<RotateCw aria-hidden />} disabled={left > 0 || busy} onClick={() => conversation.retry(run)}>
            {left > 0 ? `Retry in ${left < 100 ? `${left} s` : formatDuration(left)}` : "Retry"}
          </Button>
        )}
        {(mayRetry(cause) || unsent) && !busy && left === 0 && (
          <AgentMenu label="Retry with" except={run.agentId} onChoose={(agentId) => (unsent ? conversation.retry(run, agentId) : again(run, { agentId }))}>
            <Button size="sm" variant="ghost" icon={<Bot aria-hidden />}>
              Retry with another agent
            </Button>
          </AgentMenu>
        )}
        {unsent && (
          <Button size="sm" variant="ghost" icon={<PencilLine aria-hidden />} onClick={edit}>
            Edit
          </Button>
        )}
        <Button size="sm" variant="ghost" icon={<Copy aria-hidden />} onClick={() => void copyText(details, "Details copied")}>
          Copy details
        </Button>
      </div>
    </div>
  );
}
