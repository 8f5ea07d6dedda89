import { useQueryClient } from "@tanstack/react-query";
import { type FocusEvent, type PointerEvent, useCallback, useEffect, useRef } from "react";

import { AHEAD, sessionRuns } from "@/lib/api/runs";

import { sessionDetail } from "../data/queries";

/** A pointer that only crosses a row asks for nothing. */
const DELAY = 80;

/** Fetch what a session's page begins with once its row has been pointed at for a moment; null: it is no longer. */
export function useHover(onHover?: (sessionId: string) => void): (sessionId: string | null) => void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (sessionId) => {
      clearTimeout(timer.current);
      if (sessionId === null) return;
      timer.current = setTimeout(() => {
        client.query({ ...sessionDetail(sessionId), staleTime: AHEAD }).catch(() => undefined);
        client.infiniteQuery({ ...sessionRuns(sessionId), staleTime: AHEAD }).catch(() => undefined);
        onHover?.(sessionId);
      }, DELAY);
    },
    [client, onHover],
  );
}

/** What makes a link to a session tell that it is pointed at, or reached by the keyboard. A finger points when it taps: too late to fetch ahead. */
export function pointing(sessionId: string, onHover: (sessionId: string | null) => void) {
  return {
    onPointerEnter: (event: PointerEvent) => event.pointerType !== "touch" && onHover(sessionId),
    onPointerLeave: () => onHover(null),
    onFocus: (event: FocusEvent) => event.currentTarget.matches(":focus-visible") && onHover(sessionId),
    onBlur: () => onHover(null),
  };
}
