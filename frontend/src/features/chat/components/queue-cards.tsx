import { Clock, CornerDownLeft, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button, IconButton, Textarea } from "@/components/ui";

import type { QueuedMessage } from "../logic/queue";
import { useChat } from "./chat-context";

/** Messages that wait, above the box that they were typed in. */
export function QueueCards({ messages }: { messages: readonly QueuedMessage[] }) {
  if (messages.length === 0) return null;
  return (
    <ul aria-label="Waiting messages" className="mx-auto mb-2 flex max-h-[30dvh] w-full max-w-3xl flex-col gap-1.5 overflow-y-auto px-4">
      {messages.map((message) => (
        <QueueCard key={message.id} message={message} />
      ))}
    </ul>
  );
}

const NOTES: Partial<Record<QueuedMessage["state"], string>> = { failed: "Not sent", held: "On hold" };

function filesOf({ files, bare }: QueuedMessage): string {
  const count = files === 1 ? "1 file" : `${files} files`;
  return bare ? `(without its ${count}: this browser does not have ${files === 1 ? "it" : "them"} any more)` : `(${count})`;
}

function QueueCard({ message }: { message: QueuedMessage }) {
  const { conversation, busy } = useChat();
  const [edited, setEdited] = useState<string | null>(null);
  const note = NOTES[message.state];
  if (edited !== null) {
    return (
      <li className="rounded-xl border border-line bg-panel p-2">
        <Textarea aria-label="Edit waiting message" value={edited} onChange={(event) => setEdited(event.target.value)} />
        <div className="mt-2 flex justify-end gap-2">
          <Button size="sm" variant="ghost" onClick={() => setEdited(null)}>
            Cancel
          </Button>
          <Button
            size="sm"
            variant="primary"
            disabled={edited.trim() === ""}
            onClick={() => {
              conversation.reword(message.id, edited.trim());
              setEdited(null);
            }}
          >
            Save
          </Button>
        </div>
      </li>
    );
  }
  return (
    <li className="flex items-center gap-2 rounded-xl border border-line bg-panel py-1 pr-1 pl-3 text-sm">
      <Clock aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1 truncate">
        {note && <span className="text-muted">{note}: </span>}
        {message.text}
        {message.files > 0 && <span className="text-muted"> {filesOf(message)}</span>}
      </span>
      <IconButton label="Edit waiting message" size="sm" onClick={() => setEdited(message.text)}>
        <Pencil aria-hidden />
      </IconButton>
      <IconButton label={busy ? "Stop the answer and send this now" : "Send now"} size="sm" onClick={() => conversation.sendNow(message.id)}>
        <CornerDownLeft aria-hidden />
      </IconButton>
      <IconButton label="Delete waiting message" size="sm" onClick={() => conversation.dismiss(message.id)}>
        <Trash2 aria-hidden />
      </IconButton>
    </li>
  );
}
