import { Check, Copy, Link2, Unlink, X } from "lucide-react";
import { useRef } from "react";

import { Button, Dialog, ErrorCard, IconButton, Input, Skeleton } from "@/components/ui";
import type { Share } from "@/lib/api/types";
import { timeAgo } from "@/lib/format";

import { shareAddress } from "./shares";
import { copyAddress, useCopied, useShares } from "./useShares";

export interface ShareDialogProps {
  session: { session_id: string; session_name: string };
  onClose: () => void;
}

/** Links to a snapshot of the session: make one, copy it, end it. */
export default function ShareDialog({ session, onClose }: ShareDialogProps) {
  const { shares, revoked, loading, error, retry, create, revoke } = useShares(session.session_id);
  const shown = shares?.filter((share) => !revoked.get(share.share_id)?.sent);
  return (
    <Dialog
      open
      title="Share this session"
      description={session.session_name}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Done</Button>
          <Button variant="primary" icon={<Link2 aria-hidden />} busy={create.isPending} onClick={() => create.mutate()}>
            {shown?.length ? "Create another link" : "Create a link"}
          </Button>
        </>
      }
    >
      <ul className="list-disc space-y-1 pl-5 text-sm text-muted">
        <li>Whoever has the link reads the messages as they stand now; later ones are not shown.</li>
        <li>Files, tool calls, your name and costs are not shown. Nobody can answer.</li>
        <li>A link works until you revoke it, also while the session goes on.</li>
      </ul>
      <div className="mt-4 space-y-2">
        {create.error && <ErrorCard error={create.error} />}
        {error && <ErrorCard error={error} onRetry={retry} />}
        {loading && !error && <Skeleton className="h-9 w-full" />}
        {shown && shown.length > 0 && (
          <ul aria-label="Links to this session" className="space-y-2">
            {shown.map((share) => {
              const revocation = revoked.get(share.share_id);
              return revocation ? (
                <RevokedLine key={share.share_id} onUndo={revocation.undo} onDismiss={revocation.finish} />
              ) : (
                <ShareLine key={share.share_id} share={share} onRevoke={() => revoke(share)} />
              );
            })}
          </ul>
        )}
        {shown?.length === 0 && <p className="text-sm">No link yet: only you can read this session.</p>}
      </div>
    </Dialog>
  );
}

/** In the dialog, not in a toast: while a dialog is open, nothing outside it can be pressed. */
function RevokedLine({ onUndo, onDismiss }: { onUndo: () => void; onDismiss: () => void }) {
  return (
    <li className="flex items-center gap-2 rounded-lg bg-panel pl-3">
      <span role="status" className="min-w-0 flex-1 text-sm text-muted">
        Link revoked
      </span>
      <Button variant="ghost" onClick={onUndo}>
        Undo
      </Button>
      <IconButton label="Dismiss" onClick={onDismiss}>
        <X aria-hidden />
      </IconButton>
    </li>
  );
}

function ShareLine({ share, onRevoke }: { share: Share; onRevoke: () => void }) {
  const [copied, markCopied] = useCopied();
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    if (await copyAddress(share)) markCopied();
    // Without the right to write the clipboard, one key is left to press.
    else field.current?.select();
  };
  return (
    <li className="flex items-center gap-2">
      <Input
        ref={field}
        readOnly
        value={shareAddress(share)}
        aria-label={`Link created ${timeAgo(share.created_at)}`}
        className="min-w-0 flex-1 font-mono text-xs"
        onFocus={(event) => event.target.select()}
      />
      <Button icon={copied ? <Check aria-hidden /> : <Copy aria-hidden />} onClick={() => void copy()} aria-live="polite">
        {copied ? "Copied" : "Copy"}
      </Button>
      <IconButton label={`Revoke the link created ${timeAgo(share.created_at)}`} className="text-danger" onClick={onRevoke}>
        <Unlink aria-hidden />
      </IconButton>
    </li>
  );
}
