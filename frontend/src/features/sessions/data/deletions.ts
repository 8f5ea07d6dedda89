/** Deleting sessions: hidden at once, sent when the time for Undo is over or the page is left. */

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { toast } from "@/components/ui";
import { ApiError, apiFetch, json, messageOf } from "@/lib/api";
import type { Session } from "@/lib/api/types";
import { session } from "@/lib/session";
import { createStore, useStore } from "@/lib/store";

import { UndoQueue } from "../logic/undo";
import { dropFromCaches, sessionInCaches } from "./caches";

/** Behind the 5 s or more that the toast with Undo stands there. */
const SENT_AFTER_TOAST = 1000;
const LONGEST = 60_000;
/** DELETE /sessions takes so many at once. */
const AT_ONCE = 100;

const hidden = createStore<ReadonlySet<string>>(new Set());
const queues = new WeakMap<QueryClient, UndoQueue>();
/** What takes the toast of a deletion away, by its first session. */
const toasts = new Map<string, () => void>();

/** The sessions that are deleted as far as the reader is concerned. */
export function useHiddenSessions(): ReadonlySet<string> {
  return useStore(hidden);
}

/** Delete with an Undo toast. `onUndo` runs when they are back. */
export function useDeleteSessions(): (sessions: readonly Pick<Session, "session_id" | "session_name">[], onUndo?: () => void) => void {
  const client = useQueryClient();
  return useCallback(
    (sessions, onUndo) => {
      const [first] = sessions;
      if (!first) return;
      const deletion = queueOf(client).add(sessions.map((session) => session.session_id));
      const text = sessions.length === 1 ? `“${first.session_name}” deleted` : `${sessions.length} sessions deleted`;
      const close = toast(text, {
        action: {
          label: "Undo",
          onSelect: () => {
            if (deletion.undo()) onUndo?.();
          },
        },
        onClosed: (acted) => {
          toasts.delete(first.session_id);
          if (!acted) deletion.release();
        },
      });
      toasts.set(first.session_id, close);
    },
    [client],
  );
}

function queueOf(client: QueryClient): UndoQueue {
  const known = queues.get(client);
  if (known) return known;
  const queue = new UndoQueue({
    delay: SENT_AFTER_TOAST,
    longest: LONGEST,
    send,
    onChange: (ids) => { hidden.set(ids); },
    onSending: ([first]) => first !== undefined && toasts.get(first)?.(),
    onSent: (ids) => {
      dropFromCaches(client, ids);
      void client.invalidateQueries({ queryKey: ["tags"] });
    },
    onFailed: (ids, error) => {
      const name = ids.length === 1 ? `“${sessionInCaches(client, ids[0] ?? "")?.session_name ?? "The session"}”` : `${ids.length} sessions`;
      toast(`${name} could not be deleted: ${messageOf(error)}`);
    },
  });
  queues.set(client, queue);
  // The last event that a page gets on its way out, also on phones and for the back-forward cache.
  const leave = (): void => void queue.flush();
  addEventListener("pagehide", leave);
  session.beforeLeaving.add(leave);
  return queue;
}

async function send(ids: readonly string[], leaving: boolean): Promise<void> {
  const [first] = ids;
  if (ids.length === 1 && first !== undefined) {
    await gone(apiFetch(`/sessions/${encodeURIComponent(first)}`, { method: "DELETE", keepalive: leaving }));
    return;
  }
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = ids.slice(start, start + AT_ONCE);
    await apiFetch("/sessions", { ...json("DELETE", { session_ids: some, session_types: ["agent"] }), keepalive: leaving });
  }
}

/** What another tab deleted first is deleted too. */
async function gone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}
