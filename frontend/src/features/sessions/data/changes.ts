/** Changes of a session that show at once, are told to the API, and are taken back when it refuses them. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import { toast } from "@/components/ui";
import { ApiError, apiJson, json, messageOf } from "@/lib/api";
import type { Session, SessionDetail } from "@/lib/api/types";

import { inverse } from "../logic/cache";
import { changeInCaches, dropFromCaches } from "./caches";

/** The fields of a session that its owner changes; none of them moves it in a list by time. */
export type Marks = Pick<Session, "session_name" | "pinned" | "archived" | "tags" | "unread">;
export type Patch = Partial<Marks>;

export interface SessionChanges {
  rename: (session: Session, name: string) => Promise<boolean>;
  pin: (session: Session, pinned: boolean) => Promise<boolean>;
  archive: (sessions: readonly Session[], archived: boolean) => Promise<boolean>;
  tag: (session: Session, tags: string[]) => Promise<boolean>;
  markRead: (session: Session) => Promise<boolean>;
}

export function useSessionChanges(): SessionChanges {
  const client = useQueryClient();
  return useMemo(() => changesOf(client), [client]);
}

export function changesOf(client: QueryClient): SessionChanges {
  return {
    rename: (session, name) => change(client, session, { session_name: name }, `“${session.session_name}” could not be renamed`),
    pin: (session, pinned) => change(client, session, { pinned }, `“${session.session_name}” could not be ${pinned ? "pinned" : "unpinned"}`),
    archive: (sessions, archived) => archiveAll(client, sessions, archived),
    tag: (session, tags) => change(client, session, { tags }, `The tags of “${session.session_name}” could not be changed`),
    // Nobody asked for it and it is tried again when the session is next opened: a failure is not worth a sentence.
    markRead: (session) => change(client, session, { unread: false }, null),
  };
}

async function archiveAll(client: QueryClient, sessions: readonly Session[], archived: boolean): Promise<boolean> {
  const verb = archived ? "archived" : "taken out of the archive";
  const results = await Promise.all(sessions.map((session) => change(client, session, { archived }, `“${session.session_name}” could not be ${verb}`)));
  return results.every(Boolean);
}

/** Whether it succeeded; what failed has been taken back and told by then. */
async function change(client: QueryClient, session: Session, patch: Patch, failure: string | null): Promise<boolean> {
  const before = inverse<Marks, keyof Marks>(session, patch as Marks);
  changeInCaches(client, session, patch);
  try {
    const { unread, ...fields } = patch;
    const body = unread === undefined ? fields : { ...fields, read: true };
    const detail = await apiJson<SessionDetail>(`/sessions/${encodeURIComponent(session.session_id)}`, json("PATCH", body));
    changeInCaches(client, session, answered(detail, patch));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      dropFromCaches(client, [session.session_id]);
      if (failure !== null) toast(`“${session.session_name}” was deleted elsewhere.`);
      return false;
    }
    changeInCaches(client, session, before);
    if (failure !== null) toast(`${failure}: ${messageOf(error)}`);
    return false;
  }
  if ("pinned" in patch || "archived" in patch || "tags" in patch) {
    void client.invalidateQueries({ queryKey: ["sessions"] });
  }
  if ("tags" in patch) void client.invalidateQueries({ queryKey: ["tags"] });
  return true;
}

/** What the server made of the change: it trims names and tags. */
function answered(detail: SessionDetail, patch: Patch): Patch {
  const fields: Patch = {};
  if (patch.session_name !== undefined) fields.session_name = detail.session_name;
  if (patch.tags !== undefined) fields.tags = detail.tags;
  return fields;
}
