import { useInfiniteQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef } from "react";

import { markdownToPlain } from "@/components/markdown";
import { sessionRuns } from "@/lib/api/runs";

const GAP = 8;
/** Characters of an answer that are looked at; what is shown of them is three lines or four. */
const LONGEST = 600;

interface Props {
  sessionId: string;
  onEnter: () => void;
  onLeave: () => void;
}

/** The last question of a session and its answer beside its row, from what was read ahead for its page. */
export default function SessionPreview({ sessionId, onEnter, onLeave }: Props) {
  const { data } = useInfiniteQuery({ ...sessionRuns(sessionId), enabled: false });
  const panel = useRef<HTMLDivElement>(null);
  const run = data?.pages[0]?.runs[0];
  useLayoutEffect(() => {
    const row = document.querySelector(`[data-session-row="${CSS.escape(sessionId)}"]`);
    if (!run || !panel.current || !row) return;
    panel.current.showPopover();
    place(panel.current, row.getBoundingClientRect());
  }, [run, sessionId]);
  if (!run) return null;
  return (
    <div
      ref={panel}
      popover="manual"
      role="tooltip"
      aria-label="Preview"
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
      className="fixed inset-auto m-0 w-80 max-w-[calc(100vw-1rem)] rounded-xl border border-line bg-raised p-3 text-sm text-text shadow-lg"
    >
      <p className="line-clamp-3 font-medium break-words">{run.run_input || "(no text)"}</p>
      <p className="mt-1.5 line-clamp-4 break-words text-muted">{answerOf(run.content, run.status)}</p>
    </div>
  );
}

function answerOf(content: unknown, status: string): string {
  const text = typeof content === "string" ? markdownToPlain(content.slice(0, LONGEST)).trim() : "";
  return text || (status === "RUNNING" || status === "PENDING" ? "The answer is being written." : "(no answer)");
}

/** To the right of the row where there is room, else below it. */
function place(panel: HTMLElement, row: DOMRect): void {
  const { width, height } = panel.getBoundingClientRect();
  const beside = row.right + GAP + width <= innerWidth;
  const left = beside ? row.right + GAP : Math.max(GAP, innerWidth - width - GAP);
  const top = beside ? row.top : row.bottom + GAP;
  panel.style.left = `${left}px`;
  panel.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
}
