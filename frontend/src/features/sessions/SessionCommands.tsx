import { useQueryClient } from "@tanstack/react-query";
import { Archive, Download, Pencil, Pin, Share2, Tags, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button, Dialog, Input } from "@/components/ui";
import type { Session, SessionDetail } from "@/lib/api/types";
import { useCommands, type Command } from "@/lib/commands";

import { sessionInCaches } from "./data/caches";
import { useRowActions, type RowActions } from "./sidebar/actions";
import { TagsDialog } from "./sidebar/TagsDialog";

export interface SessionCommandsProps {
  sessionId: string;
  onShare: (session: Session) => void;
}

/** Offers what can be done with the session that is open, as commands. */
export default function SessionCommands({ sessionId, onShare }: SessionCommandsProps) {
  const cache = useQueryClient();
  const { actions, tagging, stopTagging } = useRowActions(onShare);
  const [renaming, setRenaming] = useState<Session | null>(null);
  useCommands(() => {
    const detail = cache.getQueryData<SessionDetail>(["session", sessionId]);
    const session = detail ? { ...detail, session_type: "agent" as const } : sessionInCaches(cache, sessionId);
    return session ? commandsOf(session, actions, setRenaming) : [];
  });
  return (
    <>
      {renaming && <RenameDialog name={renaming.session_name} onSave={(name) => void actions.rename(renaming, name)} onClose={() => setRenaming(null)} />}
      {tagging && <TagsDialog session={tagging} onSave={(tags) => void actions.tag(tagging, tags)} onClose={stopTagging} />}
    </>
  );
}

function commandsOf(session: Session, actions: RowActions, rename: (session: Session) => void): Command[] {
  const { pinned, archived } = session;
  return [
    { name: "Share this chat", icon: <Share2 aria-hidden />, words: "link", run: () => actions.share?.(session) },
    { name: "Rename this chat", icon: <Pencil aria-hidden />, words: "title", run: () => rename(session) },
    { name: "Export as Markdown", icon: <Download aria-hidden />, words: "download save file", run: () => actions.exportAs(session, "markdown") },
    { name: "Export as JSON", icon: <Download aria-hidden />, words: "download save file", run: () => actions.exportAs(session, "json") },
    { name: pinned ? "Unpin this chat" : "Pin this chat", icon: <Pin aria-hidden />, run: () => void actions.pin(session, !pinned) },
    { name: "Edit this chat’s tags", icon: <Tags aria-hidden />, words: "tag label", run: () => actions.editTags(session) },
    { name: archived ? "Take this chat out of the archive" : "Archive this chat", icon: <Archive aria-hidden />, run: () => void actions.archive([session], !archived) },
    { name: "Delete this chat", icon: <Trash2 aria-hidden />, words: "remove", run: () => actions.remove([session]) },
  ];
}

interface RenameProps {
  name: string;
  onSave: (name: string) => void;
  onClose: () => void;
}

function RenameDialog({ name, onSave, onClose }: RenameProps) {
  const [typed, setTyped] = useState(name);
  const wanted = typed.trim();
  const save = (): void => {
    if (wanted !== "" && wanted !== name) onSave(wanted);
    onClose();
  };
  return (
    <Dialog
      open
      title="Rename this chat"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={wanted === ""} onClick={save}>
            Rename
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") save();
        }}
      >
        <Input ref={focusAll} aria-label="New name" maxLength={200} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </form>
    </Dialog>
  );
}

/** Once it is there: a dialog's own choice would be its first button. */
function focusAll(input: HTMLInputElement | null): void {
  requestAnimationFrame(() => {
    if (input && document.activeElement !== input) input.select();
  });
}
