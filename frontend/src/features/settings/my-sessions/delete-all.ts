import { ApiError, apiFetch, json } from "@/lib/api";

import { listed, sessionCounts } from "./list";
import type { Report } from "./task";

/** Sessions in one request: few enough that it ends in time when each has hundreds of runs. */
const BATCH = 20;

/**
 * Deletes the sessions that are there now, oldest first, so that one which begins in the meantime stays. It stops between two batches;
 * run again, it goes on with what is left, after a reload too.
 */
export async function deleteAllSessions(report: Report, signal: AbortSignal): Promise<void> {
  const counts = await sessionCounts(signal);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  report(before, total);
  for (const { archived, count } of counts) {
    const sofar = before;
    await deleteOldest(archived, count, (done) => report(sofar + done, total), signal);
    before += count;
  }
}

async function deleteOldest(archived: boolean, count: number, report: (done: number) => void, signal: AbortSignal): Promise<void> {
  let last = "";
  let done = 0;
  while (done < count && !signal.aborted) {
    const { data } = await listed({ archived, page: 1, limit: Math.min(BATCH, count - done) }, signal);
    const ids = data.map((session) => session.session_id);
    if (ids.length === 0) return;
    // One that is passed over would be listed for ever.
    if (ids.join() === last) throw new ApiError({ status: 0, kind: "page", detail: "The sessions that are left could not be deleted." });
    last = ids.join();
    await apiFetch("/sessions", json("DELETE", { session_ids: ids, session_types: ["agent"] }));
    done += ids.length;
    report(done);
  }
}
