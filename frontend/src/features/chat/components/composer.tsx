import { ArrowUp, AtSign, ListPlus, Paperclip, Square, X } from "lucide-react";
import { Suspense, useEffect, useLayoutEffect, useRef, useState, type ClipboardEvent, type KeyboardEvent, type RefObject } from "react";

import { Button, IconButton } from "@/components/ui";
import { formatBytes } from "@/lib/format";
import type { Agent } from "@/lib/api/types";
import { sendKey } from "@/lib/settings";
import { useStore } from "@/lib/store";

import { ACCEPT, LONG_PASTE, textAsFile } from "../logic/attachments";
import type { ThreadRun } from "../conversation/state";
import { gaugeOf } from "../logic/gauge";
import { useChat } from "./chat-context";
import { ContextGauge } from "./context-gauge";
import { PendingFiles, Refusals } from "./files";
import { sends } from "./send-key";
import { useAssist } from "./use-assist";
import { useFileDrop } from "./use-file-drop";
import { usePendingFiles } from "./use-pending-files";
import { useRecall } from "./use-recall";

interface Props {
  box: RefObject<HTMLTextAreaElement | null>;
  /** Earlier messages of this chat, oldest first. */
  said: readonly string[];
  /** Why nothing can be sent just now; null when it can. */
  blocked: string | null;
  /** The last answer of the chat, and who answers the next message: how full the window is follows from both. */
  last: ThreadRun | null;
  agent: Agent | null;
  /** The agent that was picked in the place of the one of the chat. */
  to: string | null;
  onSend: (text: string, files: File[]) => void;
}

export function Composer({ box, said, blocked, last, agent, to, onSend }: Props) {
  const { conversation, busy } = useChat();
  const draft = conversation.draft;
  const text = useStore(draft);
  const key = useStore(sendKey);
  const files = usePendingFiles(conversation.draftFiles);
  const [pasted, setPasted] = useState<string | null>(null);
  const dropping = useFileDrop(files.add);
  const picker = useRef<HTMLInputElement>(null);
  const recall = useRecall(said, draft);
  const hint = busy ? "Write the next message: it waits its turn" : "Write a message";
  useAutosize(box, text || hint);
  const assist = useAssist(box, draft);
  const gauge = busy ? null : gaugeOf(last, agent, text);

  const reason = blocked ?? (text.trim() === "" ? "Type a message first" : null);
  // Enter before the agents are there: it is sent as soon as they are.
  const wanted = useRef(false);
  const send = (): void => {
    wanted.current = reason !== null && text.trim() !== "";
    if (reason !== null) return;
    const message = text.trim();
    draft.set("");
    setPasted(null);
    onSend(message, files.take());
    box.current?.focus();
  };
  useEffect(() => {
    if (wanted.current && reason === null) send();
  });
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (assist.onKey(event)) {
      event.preventDefault();
    } else if (sends(event, key)) {
      event.preventDefault();
      send();
    } else if (recall(event.key, text)) {
      event.preventDefault();
    }
  };
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>): void => {
    const pastedFiles = [...event.clipboardData.files];
    if (pastedFiles.length > 0) {
      event.preventDefault();
      files.add(pastedFiles);
      return;
    }
    const pastedText = event.clipboardData.getData("text/plain");
    if (pastedText.length > LONG_PASTE) setPasted(pastedText);
  };
  const asFile = (): void => {
    if (pasted === null) return;
    files.add([textAsFile(pasted)]);
    // A text box knows lines by \n alone.
    draft.set((current) => current.replace(pasted.replace(/\r\n?/g, "\n"), ""));
    setPasted(null);
    box.current?.focus();
  };

  return (
    <form
      aria-label="Message"
      className="relative mx-auto w-full max-w-3xl px-4 pb-[max(0.75rem,env(safe-area-inset-bottom))] short:pb-1"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {dropping && (
        <div aria-hidden className="pointer-events-none fixed inset-0 z-40 flex items-center justify-center border-4 border-dashed border-accent bg-ground/80 text-lg font-medium">
          Drop files to send them along
        </div>
      )}
      <Suspense fallback={null}>{assist.menu}</Suspense>
      {/* In a short window the buttons stand beside the text. */}
      <div className="rounded-2xl border border-line bg-raised shadow-sm focus-within:border-accent short:grid short:grid-cols-[1fr_auto] short:items-end short:[&>*]:col-span-2 short:[&>:last-child]:col-span-1 short:[&>textarea]:col-span-1">
        {pasted !== null && (
          <div role="status" className="flex flex-wrap items-center gap-2 px-4 pt-3 text-sm text-muted">
            You pasted {formatBytes(pasted.length)} of text.
            <Button size="sm" onClick={asFile}>
              Attach it as a file
            </Button>
            <Button size="sm" variant="ghost" onClick={() => setPasted(null)}>
              Keep it here
            </Button>
          </div>
        )}
        {to !== null && (
          <p className="flex items-center gap-1 px-4 pt-2 text-sm text-muted">
            <AtSign aria-hidden className="size-3.5" />
            <span>
              To <span className="font-medium text-text">{to}</span>
            </span>
            <IconButton label={`Not to ${to}: to the agent of this chat`} size="sm" onClick={() => conversation.picked.set(null)}>
              <X aria-hidden />
            </IconButton>
          </p>
        )}
        <Refusals sentences={files.refusals} onDismiss={files.clearRefusals} />
        <PendingFiles files={files.files} onRemove={files.remove} />
        <textarea
          ref={box}
          rows={1}
          aria-label="Message"
          placeholder={hint}
          value={text}
          {...assist.box}
          onChange={(event) => {
            wanted.current = false;
            draft.set(event.target.value);
            assist.onTyped(event);
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          className="block max-h-[40dvh] w-full resize-none overflow-y-auto bg-transparent px-4 pt-3 pb-1 leading-relaxed outline-none placeholder:text-muted pointer-coarse:text-base short:py-1.5"
        />
        <div className="flex items-center gap-1 p-2 short:p-1">
          <IconButton label="Attach files" onClick={() => picker.current?.click()}>
            <Paperclip aria-hidden />
          </IconButton>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files"
            accept={ACCEPT}
            onChange={(event) => {
              files.add([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
          <div className="flex-1" />
          {gauge && <ContextGauge gauge={gauge} />}
          {busy ? (
            <WhileBusy canQueue={reason === null} onStop={() => conversation.stop()} />
          ) : (
            <IconButton type="submit" variant="primary" className="rounded-full" label={reason === null ? "Send" : `Send: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`} aria-disabled={reason !== null}>
              <ArrowUp aria-hidden />
            </IconButton>
          )}
        </div>
      </div>
    </form>
  );
}

/** In the place of Send while an answer is under way. */
function WhileBusy({ canQueue, onStop }: { canQueue: boolean; onStop: () => void }) {
  return (
    <>
      {canQueue && (
        <Button type="submit" size="sm" variant="ghost" icon={<ListPlus aria-hidden />}>
          Queue
        </Button>
      )}
      <IconButton label="Stop" hotkey="escape" variant="primary" className="rounded-full" onClick={onStop}>
        <Square aria-hidden className="fill-current" />
      </IconButton>
    </>
  );
}

/** The box is as high as the text that it shows, up to what its style allows. */
function useAutosize(box: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.setProperty("height", "auto");
    element.style.setProperty("height", `${element.scrollHeight}px`);
  }, [box, text]);
}
