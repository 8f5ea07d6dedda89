import { useEffect } from "react";

import { createStore, useStore } from "@/lib/store";

/** An answer ended while nobody looked. */
const unseen = createStore(false);

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) unseen.set(false);
});

export function markUnseen(): void {
  if (document.hidden) unseen.set(true);
}

/** The tab's title, with a mark when an answer waits to be seen. */
export function useDocumentTitle(title: string): void {
  const mark = useStore(unseen);
  useEffect(() => {
    document.title = `${mark ? "● " : ""}${title} · Reggie`;
  }, [title, mark]);
}
