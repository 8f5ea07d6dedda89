import { ChevronDown, Copy, Ellipsis, GitFork, Info, Quote, RefreshCw, TextQuote, Volume2, VolumeX } from "lucide-react";

import { markdownToPlain } from "@/components/markdown";
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger, IconButton } from "@/components/ui";
import { cn } from "@/lib/cn";
import { canSpeak, readAloud, speaking, stopReading } from "@/lib/speech";
import { useStore } from "@/lib/store";

import type { ThreadRun } from "../conversation/state";
import { quotation } from "../logic/quote";
import { AgentMenu } from "./agent-menu";
import { useChat } from "./chat-context";
import { copyText } from "./copy";
import { FeedbackButtons } from "./feedback";

/** Seen where the pointer or the keyboard is, on the last message, and always where there is nothing to hover with. */
export const ACTIONS = "flex flex-wrap items-center gap-0.5 text-muted transition-opacity group-hover/turn:opacity-100 focus-within:opacity-100 pointer-coarse:opacity-100 has-data-[state=open]:opacity-100";

interface Props {
  run: ThreadRun;
  last: boolean;
  onDetails: () => void;
}

export function AnswerActions({ run, last, onDetails }: Props) {
  const { again, busy, fork, insert } = useChat();
  const { content } = run.answer;
  const id = run.id;
  return (
    <div role="group" aria-label="Answer actions" className={cn(ACTIONS, "mt-1 -ml-1.5", last ? "opacity-100" : "opacity-0")}>
      {content !== "" && (
        <IconButton label="Copy" size="sm" onClick={() => void copyText(content, "Copied")}>
          <Copy aria-hidden />
        </IconButton>
      )}
      <IconButton label={busy ? "Regenerate: wait for the answer under way" : "Regenerate"} size="sm" aria-disabled={busy} onClick={() => !busy && again(run)}>
        <RefreshCw aria-hidden />
      </IconButton>
      {!busy && (
        <AgentMenu label="Regenerate with" except={run.agentId} onChoose={(agentId) => again(run, { agentId })}>
          <IconButton label="Regenerate with another agent" size="sm">
            <ChevronDown aria-hidden />
          </IconButton>
        </AgentMenu>
      )}
      {id !== null && <FeedbackButtons run={run} />}
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <IconButton label="More actions" size="sm">
            <Ellipsis aria-hidden />
          </IconButton>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="start">
          {content !== "" && (
            <>
              <DropdownMenuItem icon={<TextQuote aria-hidden />} onSelect={() => void copyText(markdownToPlain(content), "Copied as plain text")}>
                Copy as plain text
              </DropdownMenuItem>
              <DropdownMenuItem icon={<Quote aria-hidden />} onSelect={() => insert(quoted(content))}>
                Quote
              </DropdownMenuItem>
              {canSpeak() && <ReadAloud name={run.key} content={content} />}
            </>
          )}
          {id !== null && (
            <DropdownMenuItem icon={<GitFork aria-hidden />} onSelect={() => fork(id)}>
              Fork from here
            </DropdownMenuItem>
          )}
          <DropdownMenuItem icon={<Info aria-hidden />} onSelect={onDetails}>
            Tokens, cost and times
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
    </div>
  );
}

function ReadAloud({ name, content }: { name: string; content: string }) {
  const reading = useStore(speaking, (now) => now === name);
  return (
    <DropdownMenuItem icon={reading ? <VolumeX aria-hidden /> : <Volume2 aria-hidden />} onSelect={() => (reading ? stopReading() : readAloud(name, markdownToPlain(content)))}>
      {reading ? "Stop reading" : "Read aloud"}
    </DropdownMenuItem>
  );
}

/** What is selected inside of the answer, or all of it, as a quotation. */
function quoted(content: string): string {
  const selected = getSelection()?.toString().trim() ?? "";
  const text = selected !== "" && markdownToPlain(content).replace(/\s+/g, " ").includes(selected.replace(/\s+/g, " ")) ? selected : content.trim();
  return quotation(text);
}
