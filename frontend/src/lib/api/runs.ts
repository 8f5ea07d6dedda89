/** The runs of a session, the newest first: what its page and the chat both begin with, so that one of them reads it for both. */

import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";

import { apiFetch } from "./client";
import type { Run } from "./types";

/** Runs in a page: what a screen or two shows. */
const PAGE = 50;
/** What was read ahead is believed for so long, in milliseconds: from pointing at a row to what stands behind it. */
export const AHEAD = 10_000;

export function sessionRuns(sessionId: string) {
  return infiniteQueryOptions({
    queryKey: ["runs", sessionId, "pages"],
    queryFn: async ({ pageParam, signal }) => {
      const before = pageParam ? `&before=${encodeURIComponent(pageParam)}` : "";
      const response = await apiFetch(`/sessions/${encodeURIComponent(sessionId)}/runs?limit=${PAGE}${before}`, { signal });
      const runs = (await response.json()) as Run[];
      return { runs: runs.toReversed(), more: response.headers.has("Link") };
    },
    initialPageParam: "",
    getNextPageParam: (last) => (last.more ? last.runs.at(-1)?.run_id : undefined),
  });
}

/** The session's last runs, oldest first, as they were read ahead a moment ago or are read now. */
export async function lastRuns(client: QueryClient, sessionId: string): Promise<{ runs: Run[]; older: boolean }> {
  const { pages } = await client.infiniteQuery({ ...sessionRuns(sessionId), staleTime: AHEAD });
  const [page] = pages;
  return { runs: page?.runs.toReversed() ?? [], older: page?.more ?? false };
}
