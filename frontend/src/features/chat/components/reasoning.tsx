import { ChevronRight } from "lucide-react";

import { formatDuration } from "@/lib/format";

interface Props {
  text: string;
  /** Seconds; null: not known. */
  seconds: number | null;
  /** It still goes on. */
  thinking: boolean;
}

/** What the model thought before it answered, folded away. */
export function Reasoning({ text, seconds, thinking }: Props) {
  const summary = thinking ? "Thinking…" : seconds === null || seconds < 1 ? "Thought for a moment" : `Thought for ${formatDuration(Math.round(seconds))}`;
  return (
    <details className="group/reasoning mb-2 text-sm text-muted">
      <summary className="inline-flex min-h-6 cursor-pointer list-none items-center gap-1 rounded hover:text-text pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open/reasoning:rotate-90" />
        <span className={thinking ? "animate-pulse" : undefined}>{summary}</span>
      </summary>
      <div className="mt-1 ml-2 border-l-2 border-line pl-3 break-words whitespace-pre-wrap">{text}</div>
    </details>
  );
}
