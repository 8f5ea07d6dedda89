import { X } from "lucide-react";
import { type SyntheticEvent, useId, useState } from "react";

import { Button, Dialog, Input } from "@/components/ui";
import type { Session } from "@/lib/api/types";

import { LONGEST_TAG, MOST_TAGS, useTags } from "../data/tags";

interface Props {
  session: Session;
  onSave: (tags: string[]) => void;
  onClose: () => void;
}

/** The tags of one session. */
export function TagsDialog({ session, onSave, onClose }: Props) {
  const [tags, setTags] = useState(session.tags);
  const [text, setText] = useState("");
  const suggestions = useTags().filter(({ tag }) => !tags.includes(tag));
  const list = useId();
  const full = tags.length >= MOST_TAGS;
  const typed = text.trim();
  const withTyped = typed === "" || tags.includes(typed) || full ? tags : [...tags, typed];

  const add = (event: SyntheticEvent): void => {
    event.preventDefault();
    setTags(withTyped);
    setText("");
  };
  return (
    <Dialog
      open
      title="Tags"
      description={session.session_name}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            onClick={() => {
              onSave(withTyped);
              onClose();
            }}
          >
            Save
          </Button>
        </>
      }
    >
      <form onSubmit={add} className="flex gap-2">
        <Input
          value={text}
          onChange={(event) => setText(event.target.value)}
          maxLength={LONGEST_TAG}
          list={list}
          disabled={full}
          aria-label="New tag"
          placeholder={full ? `At most ${MOST_TAGS} tags` : "New tag"}
        />
        <datalist id={list}>
          {suggestions.map(({ tag }) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
        <Button type="submit" disabled={typed === "" || full}>
          Add
        </Button>
      </form>
      <ul aria-label="Tags of this session" className="mt-3 flex min-h-8 flex-wrap gap-1.5">
        {tags.map((tag) => (
          <li key={tag}>
            <button
              type="button"
              onClick={() => setTags(tags.filter((other) => other !== tag))}
              aria-label={`Remove the tag ${tag}`}
              className="inline-flex min-h-7 items-center gap-1 rounded-md bg-accent-soft px-2 text-sm pointer-coarse:min-h-11"
            >
              {tag}
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        ))}
        {tags.length === 0 && <li className="text-sm text-muted">No tags yet.</li>}
      </ul>
    </Dialog>
  );
}
