import { useEffect } from "react";

/** The document's title while the component is there. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Reggie`;
  }, [title]);
}
