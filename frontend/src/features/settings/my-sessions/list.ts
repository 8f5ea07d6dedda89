import { apiJson } from "@/lib/api";
import type { SessionPage } from "@/lib/api/types";

interface Wanted {
  archived: boolean;
  page: number;
  limit: number;
}

/** A page of the reader's sessions, oldest first. */
export function listed({ archived, page, limit }: Wanted, signal: AbortSignal): Promise<SessionPage> {
  const query = new URLSearchParams({ archived: String(archived), page: String(page), limit: String(limit), sort_by: "created_at", sort_order: "asc" });
  return apiJson<SessionPage>(`/sessions?${query}`, { signal });
}

/** How many sessions the reader has in the list and in the archive. */
export async function sessionCounts(signal: AbortSignal): Promise<{ archived: boolean; count: number }[]> {
  return Promise.all([false, true].map(async (archived) => ({ archived, count: (await listed({ archived, page: 1, limit: 1 }, signal)).meta.total_count })));
}
