import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";

import { sessionDetail } from "../data/queries";

/** A pointer that only crosses a row asks for nothing. */
const DELAY = 80;
const FRESH = 30_000;

/** Fetch what a session's page begins with once its row has been pointed at for a moment; null: it is no longer. */
export function useHover(onHover: ((sessionId: string) => void) | undefined): (sessionId: string | null) => void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (sessionId) => {
      clearTimeout(timer.current);
      if (sessionId === null) return;
      timer.current = setTimeout(() => {
        client.query({ ...sessionDetail(sessionId), staleTime: FRESH }).catch(() => undefined);
        onHover?.(sessionId);
      }, DELAY);
    },
    [client, onHover],
  );
}
