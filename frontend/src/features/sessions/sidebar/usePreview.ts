import { useCallback, useEffect, useRef, useState } from "react";

/** A row is pointed at for so long before it shows what is in it. */
export const PREVIEW_DELAY = 500;
/** The way from the row to its preview. */
const GRACE = 150;

/** The session whose preview is shown. `point`: a row is pointed at or focused, null: it is no longer; `hide`: at once. */
export function usePreview(openId: string | undefined) {
  const [shown, setShown] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const later = useCallback((id: string | null, delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setShown(id), delay);
  }, []);
  const hide = useCallback(() => {
    clearTimeout(timer.current);
    setShown(null);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape") hide();
    };
    addEventListener("keydown", key, true);
    document.addEventListener("scroll", hide, true);
    return () => {
      removeEventListener("keydown", key, true);
      document.removeEventListener("scroll", hide, true);
    };
  }, [hide]);
  return {
    // What is open on the page needs no preview.
    id: shown === openId ? null : shown,
    point: useCallback((id: string | null) => later(id, id === null ? GRACE : PREVIEW_DELAY), [later]),
    stay: useCallback(() => clearTimeout(timer.current), []),
    hide,
  };
}
