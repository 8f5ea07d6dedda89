import { ChevronLeft, ChevronRight, Copy, Pencil } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";

import { Button, IconButton } from "@/components/ui";
import { cn } from "@/lib/cn";
import { sendKey } from "@/lib/settings";
import { useStore } from "@/lib/store";

import type { ThreadRun } from "../conversation/state";
import { placeOf, type Place } from "../logic/thread";
import { ACTIONS } from "./actions";
import { useChat } from "./chat-context";
import { copyText } from "./copy";
import { MessageFiles } from "./files";
import { sends } from "./send-key";
import { UploadProgress } from "./upload-progress";

interface Props {
  place: Place<ThreadRun>;
  last: boolean;
}

/** A longer message is folded: the answer is what the reader came for. */
const FOLDED_AT = 1500;

export function UserMessage({ place, last }: Props) {
  const { run } = place;
  const { again, busy } = useChat();
  const [editing, setEditing] = useState(false);
  const [folded, setFolded] = useState(run.message.length > FOLDED_AT);
  if (editing) {
    return (
      <Editor
        text={run.message}
        onCancel={() => setEditing(false)}
        onSend={(text) => {
          setEditing(false);
          again(run, { text });
        }}
      />
    );
  }
  return (
    <div className="flex flex-col items-end">
      <h3 className="sr-only">You said</h3>
      <MessageFiles files={run.files} />
      {run.upload && <UploadProgress upload={run.upload} />}
      <div className="max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 break-words whitespace-pre-wrap">
        {folded ? `${run.message.slice(0, FOLDED_AT / 2)}…` : run.message}
        {run.message.length > FOLDED_AT && (
          <button type="button" className="mt-1 block text-sm text-accent underline" onClick={() => setFolded(!folded)}>
            {folded ? "Show all" : "Show less"}
          </button>
        )}
      </div>
      <div role="group" aria-label="Message actions" className="mt-1 flex items-center gap-1">
        <div className={cn(ACTIONS, last ? "opacity-100" : "opacity-0")}>
          <IconButton label="Copy message" size="sm" onClick={() => void copyText(run.message, "Copied")}>
            <Copy aria-hidden />
          </IconButton>
          {/* The card of a message that was not sent has an Edit of its own. */}
          {run.status !== "unsent" && (
            <IconButton label={busy ? "Edit: wait for the answer under way" : "Edit message"} size="sm" aria-disabled={busy} onClick={() => !busy && setEditing(true)}>
              <Pencil aria-hidden />
            </IconButton>
          )}
        </div>
        <Siblings place={place} />
      </div>
    </div>
  );
}

/** `2 / 3`: which of the runs in this place is shown. */
function Siblings({ place: { run, siblings, position } }: { place: Place<ThreadRun> }) {
  const { conversation, busy } = useChat();
  if (siblings.length < 2) return null;
  const go = (to: number): void => {
    const chosen = siblings[to];
    if (chosen && !busy) conversation.choose(placeOf(run), chosen.id ?? chosen.key);
  };
  return (
    <div role="group" aria-label="Versions" className="flex items-center text-xs text-muted tabular-nums">
      <IconButton label="Previous version" size="sm" aria-disabled={position === 0 || busy} onClick={() => go(position - 1)}>
        <ChevronLeft aria-hidden />
      </IconButton>
      <span aria-live="polite">
        {position + 1} / {siblings.length}
      </span>
      <IconButton label="Next version" size="sm" aria-disabled={position === siblings.length - 1 || busy} onClick={() => go(position + 1)}>
        <ChevronRight aria-hidden />
      </IconButton>
    </div>
  );
}

interface EditorProps {
  text: string;
  onSend: (text: string) => void;
  onCancel: () => void;
}

function Editor({ text, onSend, onCancel }: EditorProps) {
  const [value, setValue] = useState(text);
  const box = useRef<HTMLTextAreaElement>(null);
  const key = useStore(sendKey);
  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const empty = value.trim() === "";
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      onCancel();
    } else if (sends(event, key)) {
      event.preventDefault();
      if (!empty) onSend(value.trim());
    }
  };
  return (
    <div className="ml-auto w-full max-w-[85%] rounded-2xl border border-line bg-raised p-2">
      <textarea
        ref={box}
        aria-label="Edit message"
        value={value}
        rows={Math.min(12, value.split("\n").length + 1)}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={onKeyDown}
        className="w-full resize-none bg-transparent px-2 py-1 outline-none pointer-coarse:text-base"
      />
      <div className="flex justify-end gap-2">
        <Button size="sm" variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="sm" variant="primary" disabled={empty} onClick={() => onSend(value.trim())}>
          Send
        </Button>
      </div>
    </div>
  );
}
