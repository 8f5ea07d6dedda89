import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import { type SessionsSearch, validSessionsSearch, withFilter } from "../logic/filters";

/** The filters in the page's address, and a way to change them. `replace`: letters typed are one step back, not one each. */
export function useSessionsSearch(): [SessionsSearch, (change: Record<string, unknown>, replace?: boolean) => void] {
  const raw: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const search = useMemo(() => validSessionsSearch(raw), [raw]);
  const change = (next: Record<string, unknown>, replace = false): void => {
    void navigate({ to: "/sessions", search: withFilter(search, next), replace });
  };
  return [search, change];
}
