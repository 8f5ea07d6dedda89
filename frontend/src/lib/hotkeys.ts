import { useEffect, useRef } from "react";

import { hotkeysOn } from "./settings";
import { stored } from "./storage";
import { createStore, useStore } from "./store";

export interface Hotkey {
  /** As in "mod+shift+o": mod is ⌘ on Apple's machines and Ctrl elsewhere. */
  keys: string;
  description: string;
  group: string;
}

interface Options {
  description: string;
  /** The heading under which the keyboard sheet lists it. */
  group?: string;
  /** Absent: always. A false one leaves the key to the browser. */
  when?: (() => boolean) | boolean;
}

interface Registered extends Hotkey {
  matches: (event: KeyboardEvent) => boolean;
  handle: (event: KeyboardEvent) => void;
  active: () => boolean;
}

/** Keys that the reader chose, by those that they stand for. */
export const chosenKeys = stored<Readonly<Record<string, string>>>(
  "hotkeys.chosen",
  {},
  (value) => typeof value === "object" && value !== null && Object.values(value).every((keys) => typeof keys === "string"),
);

/** The keys that do what these did at first. */
export function chosen(keys: string): string {
  return chosenKeys.get()[keys] ?? keys;
}

export function useChosen(keys: string): string {
  return useStore(chosenKeys, (all) => all[keys] ?? keys);
}

const registered = createStore<readonly Registered[]>([]);

export const onApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Runs `handler` on the key while the component is mounted. The newest registration of a key that is active gets it. */
export function useHotkey(keys: string, handler: (event: KeyboardEvent) => void, options: Options): void {
  const latest = useRef({ handler, when: options.when });
  useEffect(() => {
    latest.current = { handler, when: options.when };
  });
  const { description, group = "General" } = options;
  useEffect(() => {
    const entry: Registered = {
      keys,
      description,
      group,
      matches: (event) => matcher(chosen(keys))(event),
      handle: (event) => latest.current.handler(event),
      active: () => {
        const { when } = latest.current;
        return typeof when === "function" ? when() : (when ?? true);
      },
    };
    registered.set((all) => [...all, entry]);
    return () => registered.set((all) => all.filter((one) => one !== entry));
  }, [keys, description, group]);
}

/** What the keyboard sheet lists: each key once. */
export function useHotkeys(): Hotkey[] {
  const all = useStore(registered);
  return [...new Map(all.map((one) => [one.keys, one])).values()];
}

/** Listens on the window; the shell calls it once. */
export function listenForHotkeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || event.defaultPrevented || !hotkeysOn.get()) return;
    const found = registered.get().findLast((one) => one.matches(event) && one.active());
    if (!found || (isTyping(event) && !worksWhileTyping(chosen(found.keys)))) return;
    event.preventDefault();
    found.handle(event);
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

/** Whether an event is the key: "mod+k", "shift+escape", "mod+/", "mod+shift+;". */
export function matcher(keys: string): (event: KeyboardEvent) => boolean {
  const parts = keys.toLowerCase().split("+");
  const key = parts.at(-1) ?? "";
  const wants = (name: string): boolean => parts.slice(0, -1).includes(name);
  return (event) => {
    const mod = onApple ? event.metaKey : event.ctrlKey;
    const other = onApple ? event.ctrlKey : event.metaKey;
    if (mod !== wants("mod") || other || event.altKey !== wants("alt")) return false;
    const pressed = event.key.toLowerCase();
    // With Shift a sign's key reports another sign (":" for ";"), so that its place on the keyboard counts too.
    const same = pressed === key || codeOf(key, event.altKey) === event.code;
    // "?" is Shift and something on most keyboards: for a bare sign Shift is part of the sign.
    const shiftIsPartOfSign = key.length === 1 && !/[a-z0-9]/.test(key) && pressed === key;
    return same && (event.shiftKey === wants("shift") || shiftIsPartOfSign);
  };
}

/** The keys as a reader of this machine knows them: ["⌘", "K"] or ["Ctrl", "K"]. */
export function keyNames(keys: string): string[] {
  const names: Record<string, string> = onApple
    ? { mod: "⌘", shift: "⇧", alt: "⌥", enter: "↩", escape: "Esc", arrowup: "↑", arrowdown: "↓" }
    : { mod: "Ctrl", shift: "Shift", alt: "Alt", enter: "Enter", escape: "Esc", arrowup: "↑", arrowdown: "↓" };
  return keys.split("+").map((part) => names[part.toLowerCase()] ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** The place on the keyboard that stands for a key whose sign another modifier changes. */
function codeOf(key: string, alt: boolean): string | undefined {
  if (/^\d$/.test(key)) return `Digit${key}`;
  return alt && /^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : CODES[key];
}

const CODES: Record<string, string> = { ";": "Semicolon", "/": "Slash", ",": "Comma", ".": "Period", "[": "BracketLeft", "]": "BracketRight" };

function worksWhileTyping(keys: string): boolean {
  return /\b(mod|alt|escape)\b/i.test(keys);
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target instanceof HTMLInputElement;
}
