/** The links by which a session can be read without signing in. */

import { queryOptions } from "@tanstack/react-query";

import { ApiError, apiJson, json, publicJson } from "@/lib/api";
import type { Share, SharedSession } from "@/lib/api/types";

export function sharesOf(sessionId: string) {
  return queryOptions({ queryKey: ["shares", sessionId], queryFn: ({ signal }) => apiJson<Share[]>(path(sessionId), { signal }) });
}

export function sharedSession(shareId: string) {
  return queryOptions({
    queryKey: ["shared", shareId],
    queryFn: ({ signal }) => publicJson<SharedSession>(`/shares/${encodeURIComponent(shareId)}`, { signal }),
    // A snapshot never changes; a revoked one is noticed when the page is opened again.
    staleTime: Infinity,
  });
}

export function createShare(sessionId: string): Promise<Share> {
  return apiJson<Share>(path(sessionId), json("POST", {}));
}

export async function revokeShare(sessionId: string, shareId: string, leaving = false): Promise<void> {
  try {
    await apiJson(`${path(sessionId)}/${encodeURIComponent(shareId)}`, { method: "DELETE", keepalive: leaving });
  } catch (error) {
    // Revoked in another tab: what was wanted is so.
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

/** The address that is passed on: this app's page of the share, wherever the app is served. */
export function shareAddress(share: Share, base: string = import.meta.env.BASE_URL, origin: string = location.origin): string {
  return `${origin}${base.replace(/\/$/, "")}/share/${encodeURIComponent(share.share_id)}`;
}

function path(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}/shares`;
}
