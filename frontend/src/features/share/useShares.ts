import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { toast } from "@/components/ui";
import { messageOf } from "@/lib/api";
import type { Share } from "@/lib/api/types";
import { createStore, useStore } from "@/lib/store";

import { createShare, revokeShare, shareAddress, sharesOf } from "./shares";

/** Behind the toast with Undo. */
const REVOKED_AFTER_TOAST = 1000;

/** Links that do not work any more as far as the reader is concerned: also when the dialog is closed and opened again. */
const revoked = createStore<ReadonlySet<string>>(new Set());

function hide(shareId: string, gone: boolean): void {
  revoked.set((before) => {
    const next = new Set(before);
    if (gone) next.add(shareId);
    else next.delete(shareId);
    return next;
  });
}

/** The links of one session, with what can be done about them. */
export function useShares(sessionId: string) {
  const client = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(sharesOf(sessionId));
  const gone = useStore(revoked);
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
    hide(share.share_id, true);
    revokeSoon(sessionId, share.share_id, (outcome) => {
      if (outcome === "revoked") change((shares) => shares.filter((other) => other.share_id !== share.share_id));
      hide(share.share_id, false);
    });
  };
  const shares = data?.filter((share) => !gone.has(share.share_id));
  return { shares, loading: isPending, error, retry: () => void refetch(), create, revoke };
}

/** Revoke when the chance to undo it has passed, or as the page is left. */
function revokeSoon(sessionId: string, shareId: string, onSettled: (outcome: "revoked" | "kept") => void): void {
  let settled = false;
  const send = (leaving: boolean): void => {
    if (settled) return;
    settled = true;
    removeEventListener("pagehide", leave);
    close();
    revokeShare(sessionId, shareId, leaving).then(
      () => onSettled("revoked"),
      (error: unknown) => {
        onSettled("kept");
        toast(`The link still works, it could not be revoked: ${messageOf(error)}`);
      },
    );
  };
  const leave = (): void => send(true);
  const close = toast("Link revoked", {
    action: {
      label: "Undo",
      onSelect: () => {
        if (settled) return;
        settled = true;
        removeEventListener("pagehide", leave);
        onSettled("kept");
      },
    },
    onClosed: (acted) => {
      if (!acted) setTimeout(() => send(false), REVOKED_AFTER_TOAST);
    },
  });
  addEventListener("pagehide", leave);
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
