/** What the sessions feature asks of the API, with the keys under which the answers are kept. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { apiJson } from "@/lib/api";
import type { Agent, SearchHit, SessionDetail, SessionPage, TagUse } from "@/lib/api/types";

import type { Wanted } from "../logic/cache";
import { listQuery, type SessionsSearch } from "../logic/filters";

const LIST_SIZE = 30;
const PINNED_SIZE = 100;
/** While running sessions are listed, the list is read so often, in milliseconds: they come and go by themselves. */
const RUNNING_POLL = 5000;

/** A list that a key names: the cache is walked by it when a session changes. */
export interface ListKey {
  list: "sidebar" | "pinned";
  wanted: Wanted;
}

export interface SidebarFilter {
  archived: boolean;
  tag?: string | undefined;
}

export function sidebarList(filter: SidebarFilter) {
  const key: ListKey = { list: "sidebar", wanted: { archived: filter.archived, tag: filter.tag } };
  return infiniteQueryOptions({
    queryKey: ["sessions", key],
    queryFn: ({ pageParam, signal }) => list({ ...sidebarQuery(filter), page: String(pageParam), limit: String(LIST_SIZE) }, signal),
    initialPageParam: 1,
    getNextPageParam: (last, _pages, page) => (page < last.meta.total_pages && last.data.length > 0 ? page + 1 : undefined),
  });
}

/** The pinned sessions, wherever in the list their time would put them. */
export function pinnedList(filter: SidebarFilter) {
  const key: ListKey = { list: "pinned", wanted: { archived: filter.archived, tag: filter.tag, pinned: true } };
  return infiniteQueryOptions({
    queryKey: ["sessions", key],
    queryFn: ({ signal }) => list({ ...sidebarQuery(filter), pinned: "true", page: "1", limit: String(PINNED_SIZE) }, signal),
    initialPageParam: 1,
    getNextPageParam: () => undefined,
  });
}

export function sessionsPage(search: SessionsSearch) {
  const query = listQuery(search);
  return queryOptions({
    queryKey: ["sessions", { list: "page", query }],
    queryFn: ({ signal }) => list(query, signal),
    placeholderData: (before) => before,
    refetchInterval: search.running ? RUNNING_POLL : false,
  });
}

/** The newest sessions, read while something runs to learn when it is done. */
export function newestSessions(signal: AbortSignal): Promise<SessionPage> {
  return list({ sort_by: "updated_at", sort_order: "desc", page: "1", limit: String(LIST_SIZE), archived: "false" }, signal);
}

export function sessionDetail(sessionId: string) {
  return queryOptions({
    queryKey: ["session", sessionId],
    queryFn: ({ signal }) => apiJson<SessionDetail>(`/sessions/${encodeURIComponent(sessionId)}`, { signal }),
  });
}

export function tagList() {
  return queryOptions({
    queryKey: ["tags"],
    queryFn: async ({ signal }) => (await apiJson<{ data: TagUse[] }>("/sessions/tags", { signal })).data,
    staleTime: 60_000,
  });
}

export function agentList() {
  return queryOptions({
    queryKey: ["agents"],
    queryFn: ({ signal }) => apiJson<Agent[]>("/agents", { signal }),
    staleTime: 60_000,
  });
}

export function searchHits(q: string) {
  return queryOptions({
    queryKey: ["search", q],
    queryFn: async ({ signal }) =>
      (await apiJson<{ data: SearchHit[] }>(`/sessions/search?${new URLSearchParams({ q, limit: "20" })}`, { signal })).data,
    enabled: q !== "",
    placeholderData: (before) => before,
    staleTime: 10_000,
  });
}

function sidebarQuery(filter: SidebarFilter): Record<string, string> {
  return { sort_by: "updated_at", sort_order: "desc", archived: String(filter.archived), ...(filter.tag ? { tag: filter.tag } : {}) };
}

function list(query: Record<string, string>, signal: AbortSignal): Promise<SessionPage> {
  return apiJson<SessionPage>(`/sessions?${new URLSearchParams(query)}`, { signal });
}
