import { useQueryClient } from "@tanstack/react-query";
import { Share2 } from "lucide-react";

import { IconButton } from "@/components/ui";
import { ShareDialog } from "@/features/share";
import type { SessionDetail } from "@/lib/api/types";
import { createStore, useStore } from "@/lib/store";

interface Shared {
  session_id: string;
  session_name: string;
}

const open = createStore<Shared | null>(null);

/** Opens the dialog with a session's links. */
export function shareSession({ session_id, session_name }: Shared): void {
  open.set({ session_id, session_name });
}

/** Where that dialog appears; the shell has one. */
export function ShareHost() {
  const session = useStore(open);
  return session && <ShareDialog session={session} onClose={() => open.set(null)} />;
}

export function ShareButton({ sessionId }: { sessionId: string }) {
  const cache = useQueryClient();
  const share = (): void => {
    const known = cache.getQueryData<SessionDetail>(["session", sessionId]);
    shareSession({ session_id: sessionId, session_name: known?.session_name ?? "This chat" });
  };
  return (
    <IconButton label="Share" onClick={share}>
      <Share2 aria-hidden />
    </IconButton>
  );
}
