import { useMemo, useState } from "react";

import type { Session } from "@/lib/api/types";

/** The mode in which several sessions are chosen. Sessions that vanish from the list are no longer chosen. */
export function useSelection(sessions: readonly Session[]) {
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const selected = useMemo(() => sessions.filter((session) => chosen?.has(session.session_id)), [sessions, chosen]);
  return {
    on: chosen !== null,
    selected,
    has: (id: string) => chosen?.has(id) ?? false,
    start: (id?: string) => setChosen(new Set(id === undefined ? [] : [id])),
    stop: () => setChosen(null),
    toggle: (id: string) =>
      setChosen((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    all: () => setChosen(new Set(sessions.map((session) => session.session_id))),
  };
}

export type Selection = ReturnType<typeof useSelection>;
