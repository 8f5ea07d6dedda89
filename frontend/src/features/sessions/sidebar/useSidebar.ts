import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Session } from "@/lib/api/types";

import { useHiddenSessions } from "../data/deletions";
import { pinnedList, sidebarList, type SidebarFilter } from "../data/queries";
import { useToday } from "../data/watch";
import { flat } from "../logic/cache";
import { grouped } from "../logic/groups";

export interface Section {
  name: string;
  items: Session[];
}

/** The sidebar's sections: what is pinned, then the rest by date. */
export function useSidebar(filter: SidebarFilter) {
  const pinned = useInfiniteQuery(pinnedList(filter));
  const list = useInfiniteQuery(sidebarList(filter));
  const hidden = useHiddenSessions();
  const today = useToday();
  const sections = useMemo(() => {
    const shown = (sessions: Session[]): Session[] => sessions.filter((session) => !hidden.has(session.session_id));
    const first = shown(flat(pinned.data?.pages ?? []));
    const rest = shown(flat(list.data?.pages ?? [])).filter((session) => !session.pinned);
    const groups: Section[] = grouped(rest, today);
    return first.length > 0 ? [{ name: "Pinned", items: first }, ...groups] : groups;
  }, [pinned.data, list.data, hidden, today]);
  const sessions = useMemo(() => sections.flatMap((section) => section.items), [sections]);
  return {
    sections,
    sessions,
    loading: list.isPending,
    error: list.error ?? pinned.error,
    retry: () => {
      void list.refetch();
      if (pinned.error) void pinned.refetch();
    },
    more: list.hasNextPage ? () => void list.fetchNextPage() : null,
    loadingMore: list.isFetchingNextPage,
  };
}
