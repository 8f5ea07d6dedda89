import { useRef, useState } from "react";

import { triggerAt, type Trigger } from "../logic/trigger";

/** The "/" or "@" that is being typed. It begins with typing alone: who moves the cursor, pastes or composes a word means no menu. */
export interface Typing {
  trigger: Trigger | null;
  typed: (box: HTMLTextAreaElement, event: InputEvent) => void;
  /** The cursor was moved, or the box was left. */
  moved: (box: HTMLTextAreaElement) => void;
  /** Put away until the next sign. */
  dismiss: () => void;
}

export function useTrigger(text: string): Typing {
  const [found, setFound] = useState<Trigger | null>(null);
  const dismissed = useRef<number | null>(null);
  // The text may have changed by other ways: sent, recalled, cleared in another tab.
  const trigger = found && text.slice(found.from, found.to) === found.sign + found.query ? found : null;
  return {
    trigger,
    typed: (box, event) => {
      const next = event.isComposing || box.selectionStart !== box.selectionEnd ? null : triggerAt(box.value, box.selectionStart);
      if (next === null) dismissed.current = null;
      // What was pasted or dropped stands there as a whole; only what goes on with an open menu may change it then.
      const meant = next !== null && dismissed.current !== next.from && (event.inputType.startsWith("insertText") || found?.from === next.from);
      setFound(meant ? next : null);
    },
    moved: (box) => setFound((now) => (now !== null && document.activeElement === box && box.selectionStart === now.to && box.selectionEnd === now.to ? now : null)),
    dismiss: () => {
      dismissed.current = found?.from ?? null;
      setFound(null);
    },
  };
}
