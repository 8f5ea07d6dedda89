import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import type { Session } from "@/lib/api/types";

import { useHiddenSessions } from "../data/deletions";
import { keepListed, lastListed } from "../data/last-list";
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
  const plain = !filter.archived && filter.tag === undefined;
  const pinned = useInfiniteQuery({ ...pinnedList(filter), ...(plain ? before("pinned") : {}) });
  const list = useInfiniteQuery({ ...sidebarList(filter), ...(plain ? before("list") : {}) });
  const hidden = useHiddenSessions();
  const today = useToday();
  const sections = useMemo(() => {
    const shown = (sessions: Session[]): Session[] => sessions.filter((session) => !hidden.has(session.session_id));
    const first = shown(flat(pinned.data?.pages ?? []));
    const rest = shown(flat(list.data?.pages ?? [])).filter((session) => !session.pinned);
    const groups: Section[] = grouped(rest, today);
    return first.length > 0 ? [{ name: "Pinned", items: first }, ...groups] : groups;
  }, [pinned.data, list.data, hidden, today]);
  useEffect(() => {
    // Only what the API said in this page's life is kept.
    if (!plain || !pinned.dataUpdatedAt || !list.dataUpdatedAt) return;
    const shown = (sessions: Session[]): Session[] => sessions.filter((session) => !hidden.has(session.session_id));
    keepListed(shown(flat(pinned.data?.pages ?? [])), shown(flat(list.data?.pages.slice(0, 1) ?? [])));
  }, [plain, pinned.data, pinned.dataUpdatedAt, list.data, list.dataUpdatedAt, hidden]);
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

/** What a list begins with: as it was last, known to be old. */
function before(which: "pinned" | "list") {
  const data = lastListed(which);
  if (!data) return {};
  const meta = { page: 1, limit: data.length, total_pages: 1, total_count: data.length, search_time_ms: 0 };
  return { initialData: { pages: [{ data, meta }], pageParams: [1] }, initialDataUpdatedAt: 0 };
}
