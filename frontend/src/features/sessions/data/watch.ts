/** What keeps the lists of sessions right while they are looked at. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Session, SessionDetail } from "@/lib/api/types";

import { calendarDay } from "../logic/groups";
import { dropFromCaches, putInCaches, sessionInCaches } from "./caches";
import { useSessionChanges } from "./changes";
import { newestSessions } from "./queries";

const POLL = 3000;

/** Reads the newest sessions again and again, but only while one of them runs and the tab can be seen. */
export function useRunningWatch(sessions: readonly Session[]): void {
  const client = useQueryClient();
  const running = sessions.some((session) => session.running);
  const { data } = useQuery({
    queryKey: ["sessions", { list: "newest" }],
    queryFn: ({ signal }) => newestSessions(signal),
    enabled: running,
    refetchInterval: POLL,
    refetchIntervalInBackground: false,
    gcTime: 0,
    retry: false,
  });
  useEffect(() => {
    if (data) putInCaches(client, ...data.data);
  }, [client, data]);
}

/** Tells the API that the open session is read: when it is opened, and when an answer came while it was looked at. */
export function useMarkRead(openId: string | undefined, sessions: readonly Session[]): void {
  const client = useQueryClient();
  const { markRead } = useSessionChanges();
  const visible = usePageVisible();
  const listed = sessions.find((session) => session.session_id === openId);
  const detail = openId && !listed ? client.getQueryData<SessionDetail>(["session", openId]) : undefined;
  const { unread = false, updated_at: changedAt } = listed ?? detail ?? {};
  useEffect(() => {
    const session = listed ?? (openId ? sessionInCaches(client, openId) : undefined);
    if (unread && visible && session) void markRead(session);
    // Once for each answer that it became unread by, not for every change of the session: a mark does not move its time. The next answer
    // may come before the page has seen that the one before was read.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, markRead, openId, unread, changedAt, visible]);
}

/** Now, renewed when the date changes: a list that stays open over midnight is grouped anew. */
export function useToday(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow((before) => (calendarDay(before) === calendarDay(new Date()) ? before : new Date())), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function usePageVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const look = (): void => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return visible;
}

/** A session that turned out to be gone leaves every list. */
export function useDropMissing(sessionId: string, missing: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (missing) dropFromCaches(client, [sessionId]);
  }, [client, missing, sessionId]);
}
