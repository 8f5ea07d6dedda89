/** What the sessions feature asks of the API, with the keys under which the answers are kept. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { apiFetch, apiJson } from "@/lib/api";
import type { Agent, Run, SearchHit, SessionDetail, SessionPage } from "@/lib/api/types";

import type { Wanted } from "../logic/cache";
import { listQuery, type SessionsSearch } from "../logic/filters";

const LIST_SIZE = 30;
const PINNED_SIZE = 100;
const RUNS_SIZE = 50;
/** Running sessions are among those worked on last: there is no filter for them. */
const RUNNING_SIZE = 200;

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
  if (search.running) Object.assign(query, { page: "1", limit: String(RUNNING_SIZE), sort_by: "updated_at", sort_order: "desc" });
  return queryOptions({
    queryKey: ["sessions", { list: "page", query, running: search.running ?? false }],
    queryFn: async ({ signal }) => {
      const page = await list(query, signal);
      return search.running ? onlyRunning(page) : page;
    },
    placeholderData: (before) => before,
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

/** The session's runs for the detail page, the newest first, older ones a page at a time. */
export function detailRuns(sessionId: string) {
  return infiniteQueryOptions({
    queryKey: ["runs", sessionId, "detail"],
    queryFn: async ({ pageParam, signal }) => {
      const before = pageParam ? `&before=${encodeURIComponent(pageParam)}` : "";
      const response = await apiFetch(`/sessions/${encodeURIComponent(sessionId)}/runs?limit=${RUNS_SIZE}${before}`, { signal });
      const runs = (await response.json()) as Run[];
      return { runs: runs.toReversed(), more: response.headers.has("Link") };
    },
    initialPageParam: "",
    getNextPageParam: (last) => (last.more ? last.runs.at(-1)?.run_id : undefined),
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

function onlyRunning(page: SessionPage): SessionPage {
  const data = page.data.filter((session) => session.running);
  return { data, meta: { ...page.meta, page: 1, total_pages: 1, total_count: data.length } };
}
