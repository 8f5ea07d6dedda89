import { X } from "lucide-react";

import { IconButton } from "@/components/ui";
import { formatBytes } from "@/lib/format";

import { useChat } from "./chat-context";

/** How much of a message's files has left; until all of it has, the message can be taken back into the box. */
export function UploadProgress({ upload: { sent, total } }: { upload: { sent: number; total: number } }) {
  const { conversation } = useChat();
  const left = sent < total;
  return (
    <div className="mb-2 flex min-h-9 items-center gap-2 text-xs text-muted tabular-nums">
      <progress aria-label="Upload" value={sent} max={total} className="h-1.5 w-32 appearance-none overflow-hidden rounded-full bg-line [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent" />
      {left ? `${formatBytes(sent)} of ${formatBytes(total)}` : "Uploaded"}
      {left && (
        <IconButton label="Cancel upload" size="sm" onClick={() => conversation.stop()}>
          <X aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
