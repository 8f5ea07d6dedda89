import { Pencil, Plus, Trash2 } from "lucide-react";
import { useId, useState } from "react";

import { Button, Dialog, IconButton, Input, Textarea, toast } from "@/components/ui";
import { useStore } from "@/lib/store";

import { deletePrompt, LONGEST_NAME, nameFor, prompts, savePrompt, type Prompt } from "../logic/prompts";

interface Props {
  /** A text that shall become a prompt; null: all prompts are shown. */
  text: string | null;
  onInsert: (text: string) => void;
  onClose: () => void;
}

type Edited = Omit<Prompt, "id"> & { id?: string };

/** The person's own prompts: to insert, to change, to delete, and to make new ones. */
export default function PromptsDialog({ text, onInsert, onClose }: Props) {
  const all = useStore(prompts);
  const [edited, setEdited] = useState<Edited | null>(text === null ? null : { name: nameFor(text), text });
  const [deleted, setDeleted] = useState<{ name: string; undo: () => void } | null>(null);
  if (edited) return <Editor edited={edited} onDone={() => (text === null ? setEdited(null) : onClose())} />;
  return (
    <Dialog
      open
      title="Saved prompts"
      description="This browser keeps them until you sign out."
      onClose={onClose}
      footer={
        <Button variant="primary" icon={<Plus aria-hidden />} onClick={() => setEdited({ name: "", text: "" })}>
          New prompt
        </Button>
      }
    >
      {/* A toast would lie beside the dialog, where nothing can be pressed. */}
      <div role="status">
        {deleted && (
          <p className="mb-2 flex items-center gap-2 rounded-lg bg-panel px-3 py-1 text-sm">
            <span className="min-w-0 flex-1 truncate">“{deleted.name}” deleted</span>
            <Button
              size="sm"
              variant="ghost"
              onClick={() => {
                deleted.undo();
                setDeleted(null);
              }}
            >
              Undo
            </Button>
          </p>
        )}
      </div>
      {all.length === 0 ? (
        <p className="text-sm text-muted">Texts that you send often: type “/” in the message box to insert one.</p>
      ) : (
        <ul aria-label="Saved prompts" className="grid gap-1">
          {all.map((prompt) => (
            <li key={prompt.id} className="flex items-center gap-1 rounded-lg border border-line p-1">
              <button
                type="button"
                aria-label={`Insert: ${prompt.name}`}
                className="min-h-9 min-w-0 flex-1 rounded-md px-2 py-1 text-left text-sm hover:bg-accent-soft"
                onClick={() => {
                  onInsert(prompt.text);
                  onClose();
                }}
              >
                <span className="block truncate font-medium">{prompt.name}</span>
                <span className="line-clamp-2 text-muted">{prompt.text}</span>
              </button>
              <IconButton label={`Edit: ${prompt.name}`} size="sm" onClick={() => setEdited(prompt)}>
                <Pencil aria-hidden />
              </IconButton>
              <IconButton label={`Delete: ${prompt.name}`} size="sm" onClick={() => setDeleted({ name: prompt.name, undo: deletePrompt(prompt.id) })}>
                <Trash2 aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function Editor({ edited, onDone }: { edited: Edited; onDone: () => void }) {
  const [name, setName] = useState(edited.name);
  const [text, setText] = useState(edited.text);
  const id = useId();
  const whole = name.trim() !== "" && text.trim() !== "";
  return (
    <Dialog
      open
      title={edited.id === undefined ? "New prompt" : "Edit the prompt"}
      onClose={onDone}
      footer={
        <>
          <Button onClick={onDone}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" disabled={!whole}>
            Save
          </Button>
        </>
      }
    >
      <form
        id={id}
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          savePrompt({ id: edited.id, name, text });
          toast("Prompt saved: type “/” to insert it");
          onDone();
        }}
      >
        <label htmlFor={`${id}-name`} className="grid gap-1 text-sm font-medium">
          Name
          <Input id={`${id}-name`} value={name} maxLength={LONGEST_NAME} onChange={(event) => setName(event.target.value)} />
        </label>
        <label htmlFor={`${id}-text`} className="grid gap-1 text-sm font-medium">
          Text
          <Textarea id={`${id}-text`} rows={6} value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <p className="text-sm text-muted">
          Write <code>{"{{topic}}"}</code> where something is to be filled in: Tab goes from one to the next.
        </p>
      </form>
    </Dialog>
  );
}
