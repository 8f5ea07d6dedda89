/** The lists of sessions that are kept in this page, changed all at once. */

import type { QueryClient, QueryKey } from "@tanstack/react-query";

import type { Session, SessionDetail, SessionPage } from "@/lib/api/types";

import { flat, pageWithout, type Pages, type Wanted, withoutRows, withRow } from "../logic/cache";

type Kept = Pages<Session> | SessionPage;

/** Put a change of one session into every list, and into what is kept of the session itself. */
export function changeInCaches(client: QueryClient, session: Session, patch: Partial<Session>): void {
  if (Object.keys(patch).length === 0) return;
  const current = sessionInCaches(client, session.session_id) ?? session;
  putInCaches(client, { ...current, ...patch });
  client.setQueryData<SessionDetail>(["session", session.session_id], (detail) => detail && { ...detail, ...patch });
}

/** Put sessions as the server tells of them into every list. */
export function putInCaches(client: QueryClient, ...rows: Session[]): void {
  for (const [key, kept] of kepts(client)) {
    let next: Kept = kept;
    for (const row of rows) {
      if (isPages(next)) next = withRow(next, row, wantedOf(key));
      else next = replaced(next, row);
    }
    if (next !== kept) client.setQueryData(key, next);
  }
}

/** These sessions are no more. */
export function dropFromCaches(client: QueryClient, ids: readonly string[]): void {
  const gone = new Set(ids);
  for (const [key, kept] of kepts(client)) {
    const next = isPages(kept) ? withoutRows(kept, gone) : pageWithout(kept, gone);
    if (next !== kept) client.setQueryData(key, next);
  }
  for (const id of ids) {
    client.removeQueries({ queryKey: ["session", id], type: "inactive" });
    client.removeQueries({ queryKey: ["runs", id], type: "inactive" });
  }
}

export function sessionInCaches(client: QueryClient, id: string): Session | undefined {
  return sessionsInCaches(client).find((session) => session.session_id === id);
}

export function sessionsInCaches(client: QueryClient): Session[] {
  return flat(kepts(client).flatMap(([, kept]) => (isPages(kept) ? kept.pages : [kept])));
}

function kepts(client: QueryClient): [QueryKey, Kept][] {
  return client.getQueriesData<Kept>({ queryKey: ["sessions"] }).flatMap(([key, kept]) => (kept ? [[key, kept]] : []));
}

function isPages(kept: Kept): kept is Pages<Session> {
  return "pages" in kept;
}

function wantedOf(key: QueryKey): Wanted {
  const asked = key[1];
  return typeof asked === "object" && asked !== null && "wanted" in asked ? (asked as { wanted: Wanted }).wanted : {};
}

/** A page of the table keeps its rows until it is read again: nothing jumps while it is looked at. */
function replaced(page: SessionPage, row: Session): SessionPage {
  if (!page.data.some((other) => other.session_id === row.session_id)) return page;
  return { ...page, data: page.data.map((other) => (other.session_id === row.session_id ? row : other)) };
}
