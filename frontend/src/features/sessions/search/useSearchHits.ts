import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";

import type { SearchHit } from "@/lib/api/types";

import { useHiddenSessions } from "../data/deletions";
import { searchHits } from "../data/queries";

const DEBOUNCE = 150;

export interface SearchState {
  hits: SearchHit[];
  /** A search for what is typed now is under way or about to begin. */
  searching: boolean;
  error: Error | null;
  retry: () => void;
}

/** The sessions in which `query` is found, 150 ms after the last letter; an earlier search that is still under way is given up. */
export function useSearchHits(query: string): SearchState {
  const typed = query.trim();
  const settled = useDebounced(typed, DEBOUNCE);
  const hidden = useHiddenSessions();
  const { data, isFetching, error, refetch } = useQuery(searchHits(settled));
  const hits = useMemo(() => (typed === "" ? [] : (data ?? []).filter((hit) => !hidden.has(hit.session_id))), [typed, data, hidden]);
  return { hits, searching: typed !== "" && (isFetching || settled !== typed), error: typed === "" ? null : error, retry: () => void refetch() };
}

function useDebounced(value: string, delay: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}
