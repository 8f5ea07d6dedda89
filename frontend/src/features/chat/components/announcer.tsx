import { useEffect, useRef, useState } from "react";

import type { ThreadRun } from "../conversation/state";
import { isOpen } from "../conversation/state";
import { nextAnnouncement } from "../logic/announce";

/** A screen reader gets a moment for a sentence before the next one. */
const PACE_MS = 700;

/** Tells a growing answer aloud, sentence by sentence: the thread itself would be told word by word. */
export function Announcer({ run }: { run: ThreadRun | null }) {
  const [told, setTold] = useState("");
  const latest = useRef(run);
  const progress = useRef<{ key: string; said: number } | null>(null);
  useEffect(() => {
    latest.current = run;
  }, [run]);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = latest.current;
      if (!now) return;
      const open = isOpen(now.status);
      // What was there before this page began to listen is not news.
      if (progress.current?.key !== now.key) progress.current = { key: now.key, said: open ? 0 : now.answer.content.length };
      const step = nextAnnouncement(now.answer.content, progress.current.said, !open);
      progress.current.said = step.said;
      if (step.piece) setTold(step.piece);
    }, PACE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {told}
    </p>
  );
}
