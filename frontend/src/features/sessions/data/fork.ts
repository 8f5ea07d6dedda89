/** A copy of a session to go on with in another direction. */

import type { QueryClient } from "@tanstack/react-query";

import { toast } from "@/components/ui";
import { apiJson, json, messageOf } from "@/lib/api";
import type { Session, SessionDetail } from "@/lib/api/types";

/** The id of the copy, which holds everything up to the last answer; null when there is none, and the reader has been told why. */
export async function forkSession(client: QueryClient, session: Pick<Session, "session_id" | "session_name">): Promise<string | null> {
  try {
    const copy = await apiJson<SessionDetail>(`/sessions/${encodeURIComponent(session.session_id)}/fork`, json("POST", {}));
    void client.invalidateQueries({ queryKey: ["sessions"] });
    toast(`This is a copy of “${session.session_name}”`);
    return copy.session_id;
  } catch (error) {
    toast(`“${session.session_name}” could not be forked: ${messageOf(error)}`);
    return null;
  }
}
