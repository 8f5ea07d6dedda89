import { ApiError, apiFetch } from "@/lib/api";

import { listed } from "./list";
import type { Report } from "./task";

const PAGE = 200;
/** So many sessions become one part: what has been read is then the browser's to keep, on its disk when it is much. */
const PART = 50;

/**
 * All of a person's sessions as JSON lines, one session a line. After a failure `run` goes on where it stopped. Only the session that
 * is being read is in the page's memory: a Blob of other Blobs holds no copy of them.
 */
export class SessionsExport {
  /** Names of sessions that are larger than the API gives out at once. */
  readonly tooLarge: string[] = [];
  private wanted: { id: string; name: string }[] | null = null;
  private next = 0;
  private parts: Blob[] = [];
  private fresh: Blob[] = [];

  async run(report: Report, signal: AbortSignal): Promise<Blob> {
    this.wanted ??= [...(await everySession(false, signal)), ...(await everySession(true, signal))];
    const total = this.wanted.length;
    report(this.next, total);
    for (const { id, name } of this.wanted.slice(this.next)) {
      await this.read(id, name, signal);
      this.next += 1;
      report(this.next, total);
    }
    return new Blob([...this.parts, ...this.fresh], { type: "application/jsonl" });
  }

  private async read(id: string, name: string, signal: AbortSignal): Promise<void> {
    try {
      const response = await apiFetch(`/sessions/${encodeURIComponent(id)}/export?format=json`, { signal });
      this.fresh.push(await response.blob(), new Blob(["\n"]));
    } catch (error) {
      // Deleted since it was listed.
      if (error instanceof ApiError && error.status === 404) return;
      if (!(error instanceof ApiError && error.status === 413)) throw error;
      this.tooLarge.push(name);
    }
    if (this.fresh.length < 2 * PART) return;
    this.parts.push(new Blob(this.fresh));
    this.fresh = [];
  }
}

/** Oldest first: what begins in the meantime comes behind what is read, and moves nothing from page to page. */
async function everySession(archived: boolean, signal: AbortSignal): Promise<{ id: string; name: string }[]> {
  const found: { id: string; name: string }[] = [];
  for (let page = 1; ; page += 1) {
    const { data, meta } = await listed({ archived, page, limit: PAGE }, signal);
    found.push(...data.map((session) => ({ id: session.session_id, name: session.session_name })));
    if (data.length === 0 || page >= meta.total_pages) return found;
  }
}
