import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { toast } from "@/components/ui";
import { messageOf } from "@/lib/api";
import type { Share } from "@/lib/api/types";
import { session } from "@/lib/session";
import { createStore, useStore } from "@/lib/store";

import { createShare, revokeShare, shareAddress, sharesOf } from "./shares";

/** How long a revoked link can be had back. */
const UNDO_MILLISECONDS = 6000;

interface Revocation {
  undo: () => void;
  /** Do not wait any longer. */
  finish: () => void;
  sent: boolean;
}

/** Links that do not work any more as far as the reader is concerned: also when the dialog is closed and opened again. */
const revocations = createStore<ReadonlyMap<string, Revocation>>(new Map());

function mark(shareId: string, revocation: Revocation | null): void {
  revocations.set((before) => {
    const next = new Map(before);
    if (revocation) next.set(shareId, revocation);
    else next.delete(shareId);
    return next;
  });
}

/** The links of one session, with what can be done about them. */
export function useShares(sessionId: string) {
  const client = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(sharesOf(sessionId));
  const revoked = useStore(revocations);
  const { queryKey } = sharesOf(sessionId);

  const change = (update: (shares: Share[]) => Share[]): void => {
    client.setQueryData(queryKey, (shares: Share[] | undefined) => shares && update(shares));
    // The badge in the lists.
    void client.invalidateQueries({ queryKey: ["sessions"] });
    void client.invalidateQueries({ queryKey: ["session", sessionId] });
  };
  const create = useMutation({
    mutationFn: () => createShare(sessionId),
    onSuccess: (share) => {
      change((shares) => [share, ...shares.filter((other) => other.share_id !== share.share_id)]);
      void copyAddress(share);
    },
  });
  const revoke = (share: Share): void => {
    revokeSoon(sessionId, share.share_id, () => change((shares) => shares.filter((other) => other.share_id !== share.share_id)));
  };
  return { shares: data, revoked, loading: isPending, error, retry: () => void refetch(), create, revoke };
}

/** Revoke when the chance to undo it has passed, or as the page is left. */
function revokeSoon(sessionId: string, shareId: string, onRevoked: () => void): void {
  const stop = (): void => {
    clearTimeout(timer);
    removeEventListener("pagehide", leave);
    session.beforeLeaving.delete(leave);
  };
  const send = (leaving: boolean): void => {
    stop();
    mark(shareId, { ...revocation, sent: true });
    revokeShare(sessionId, shareId, leaving).then(
      () => {
        onRevoked();
        mark(shareId, null);
      },
      (error: unknown) => {
        mark(shareId, null);
        toast(`The link still works, it could not be revoked: ${messageOf(error)}`);
      },
    );
  };
  const leave = (): void => send(true);
  const revocation: Revocation = {
    sent: false,
    finish: () => send(false),
    undo: () => {
      stop();
      mark(shareId, null);
    },
  };
  const timer = setTimeout(() => send(false), UNDO_MILLISECONDS);
  addEventListener("pagehide", leave);
  session.beforeLeaving.add(leave);
  mark(shareId, revocation);
}

/** Whether it lies in the clipboard now. */
export async function copyAddress(share: Share): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(shareAddress(share));
    return true;
  } catch {
    return false;
  }
}

/** "Copied" for a moment. */
export function useCopied(): [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, () => setCopied(true)];
}
