import { useRef } from "react";

import type { Store } from "@/lib/store";

/** ↑ in an empty box brings back what was said before, ↓ goes forward again. Answers whether the key was taken. */
export function useRecall(said: readonly string[], draft: Store<string>): (key: string, text: string) => boolean {
  const at = useRef<number | null>(null);
  return (key, text) => {
    if (key !== "ArrowUp" && key !== "ArrowDown") return false;
    const recalled = at.current !== null && said[at.current] === text;
    if (!recalled) at.current = null;
    if (!recalled && (text !== "" || key === "ArrowDown")) return false;
    const next = (at.current ?? said.length) + (key === "ArrowUp" ? -1 : 1);
    if (next < 0) return true;
    at.current = next >= said.length ? null : next;
    draft.set(at.current === null ? "" : (said[at.current] ?? ""));
    return true;
  };
}
