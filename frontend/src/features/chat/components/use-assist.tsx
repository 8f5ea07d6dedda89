import { lazy, useCallback, useEffect, useId, useLayoutEffect, useRef, useState, type ChangeEvent, type KeyboardEvent, type ReactNode, type RefObject, type TextareaHTMLAttributes } from "react";

import type { Store } from "@/lib/store";
import { useStore } from "@/lib/store";

import { blankFrom, hasBlanks } from "../logic/prompts";
import { withoutTrigger } from "../logic/trigger";
import type { Item } from "../suggestions/items";
import type { SuggestionsProps, TakeKey } from "../suggestions/menu";
import { useTrigger } from "../suggestions/use-trigger";
import { composes } from "./send-key";

const loadMenu = () => import("../suggestions/menu").catch(() => ({ default: NoMenu }));
const Suggestions = lazy(loadMenu);

interface Assist {
  menu: ReactNode;
  /** What the box has of them: a text box, and a combo box while the menu is open. */
  box: TextareaHTMLAttributes<HTMLTextAreaElement>;
  onTyped: (event: ChangeEvent<HTMLTextAreaElement>) => void;
  /** Whether the key was taken. */
  onKey: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
}

/** The help of the message box: the menus of "/" and "@", and Tab through the blanks of a prompt. */
export function useAssist(box: RefObject<HTMLTextAreaElement | null>, draft: Store<string>): Assist {
  const text = useStore(draft);
  const typing = useTrigger(text);
  const list = useId();
  const keys = useRef<TakeKey | null>(null);
  // Enter that came before the menu did: it is for the menu's first line, or else for the message.
  const early = useRef(false);
  const listen = useCallback(
    (take: TakeKey | null) => {
      keys.current = take;
      if (take === null || !early.current) return;
      early.current = false;
      if (!take(ENTER)) box.current?.form?.requestSubmit();
    },
    [box],
  );
  const [active, setActive] = useState<string | null>(null);
  const select = useSelection(box);
  const { trigger } = typing;

  const choose = useCallback(
    (item: Item): void => {
      if (!trigger) return;
      const made = withoutTrigger(draft.get(), trigger, item.put);
      draft.set(made.text);
      select(blankFrom(made.text, { start: trigger.from, end: trigger.from }, false) ?? { start: made.cursor, end: made.cursor });
      item.run?.();
    },
    [trigger, draft, select],
  );
  const toBlank = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    if (event.key !== "Tab" || event.ctrlKey || event.metaKey || event.altKey || !hasBlanks(text)) return false;
    const { selectionStart: start, selectionEnd: end } = event.currentTarget;
    const blank = blankFrom(text, { start, end }, event.shiftKey);
    // Behind the last one Tab leaves the box, as ever.
    if (blank) event.currentTarget.setSelectionRange(blank.start, blank.end);
    return blank !== null;
  };
  const moved = (): void => {
    if (box.current) typing.moved(box.current);
  };
  return {
    menu: trigger && <Suggestions id={list} trigger={trigger} onKeys={listen} onActive={setActive} onChoose={choose} onDismiss={typing.dismiss} />,
    box: {
      onFocus: () => void loadMenu(),
      onSelect: moved,
      onBlur: moved,
      ...(active !== null && trigger
        ? { role: "combobox", "aria-expanded": true, "aria-haspopup": "listbox", "aria-controls": list, "aria-activedescendant": active, "aria-autocomplete": "list" }
        : {}),
    },
    onTyped: (event) => {
      early.current = false;
      typing.typed(event.target, event.nativeEvent as InputEvent);
    },
    onKey: (event) => {
      if (composes(event)) return false;
      if (trigger === null) return toBlank(event);
      if (keys.current !== null) return keys.current(event) || toBlank(event);
      early.current = event.key === "Enter" && !event.shiftKey;
      return early.current;
    },
  };
}

const ENTER = { key: "Enter", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

/** In the place of a menu that cannot be loaded: the signs are signs. */
function NoMenu({ onKeys }: Pick<SuggestionsProps, "onKeys">): null {
  useEffect(() => onKeys(() => false), [onKeys]);
  return null;
}

/** Selects a part of the box's text once the text that it belongs to is in the box. */
function useSelection(box: RefObject<HTMLTextAreaElement | null>): (part: { start: number; end: number }) => void {
  const wanted = useRef<{ start: number; end: number } | null>(null);
  useLayoutEffect(() => {
    if (!wanted.current) return;
    box.current?.setSelectionRange(wanted.current.start, wanted.current.end);
    wanted.current = null;
  });
  return useCallback((part) => {
    wanted.current = part;
  }, []);
}
