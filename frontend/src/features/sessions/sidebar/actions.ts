import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import type { Session } from "@/lib/api/types";

import { type SessionChanges, useSessionChanges } from "../data/changes";
import { useDeleteSessions } from "../data/deletions";
import { type ExportFormat, exportSession } from "../data/export";
import { forkSession } from "../data/fork";

/** Everything that a row's menu and keys do. */
export interface RowActions extends Omit<SessionChanges, "markRead"> {
  remove: (sessions: readonly Session[]) => void;
  exportAs: (session: Session, format: ExportFormat) => void;
  editTags: (session: Session) => void;
  /** Opens the copy in the chat. */
  fork: (session: Session) => void;
  share: ((session: Session) => void) | null;
}

/** The session that the chat shows. */
export function useOpenSession(): string | undefined {
  return useLocation({
    select: (location) => {
      const id = /\/chat\/([^/]+)\/?$/.exec(location.pathname)?.[1];
      return id === undefined ? undefined : decodeURIComponent(id);
    },
  });
}

export function useRowActions(onShare: ((session: Session) => void) | undefined) {
  const changes = useSessionChanges();
  const remove = useDeleteSessions();
  const navigate = useNavigate();
  const client = useQueryClient();
  const openId = useOpenSession();
  const [tagging, setTagging] = useState<Session | null>(null);
  const actions = useMemo<RowActions>(
    () => ({
      ...changes,
      remove: (sessions) => {
        const open = sessions.find((session) => session.session_id === openId);
        remove(sessions, () => {
          if (open) void navigate({ to: "/chat/$sessionId", params: { sessionId: open.session_id } });
        });
        if (open) void navigate({ to: "/chat" });
      },
      exportAs: (session, format) => void exportSession(session, format),
      editTags: setTagging,
      fork: (session) => {
        void forkSession(client, session).then((copy) => {
          if (copy !== null) void navigate({ to: "/chat/$sessionId", params: { sessionId: copy } });
        });
      },
      share: onShare ?? null,
    }),
    [changes, remove, navigate, client, openId, onShare],
  );
  return { actions, openId, tagging, stopTagging: () => setTagging(null) };
}
