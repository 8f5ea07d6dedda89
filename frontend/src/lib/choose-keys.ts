/** Choosing other keys for what a shortcut does. Read when somebody does: no page needs it to begin with. */
import { chosen, chosenKeys, keyNames, onApple, type Hotkey } from "./hotkeys";

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock"]);
/** What browsers do not give away, and what edits text. */
const TAKEN = new Set(["t", "n", "w", "q", "r", "l", "a", "c", "v", "x", "z", "y"].map((key) => `mod+${key}`).concat(["mod+shift+t", "mod+shift+n", "mod+shift+w", "mod+shift+z"]));
const SIGNS: Record<string, string> = { Semicolon: ";", Slash: "/", Comma: ",", Period: ".", BracketLeft: "[", BracketRight: "]" };

/** The keys of an event as a shortcut names them; null while only modifiers are held. */
export function keysOf(event: KeyboardEvent): string | null {
  if (MODIFIERS.has(event.key)) return null;
  const mod = onApple ? event.metaKey : event.ctrlKey;
  return [...(mod ? ["mod"] : []), ...(event.altKey ? ["alt"] : []), ...(event.shiftKey ? ["shift"] : []), nameOf(event)].join("+");
}

/** Shift and Alt change a key's sign, so that its place counts. */
function nameOf(event: KeyboardEvent): string {
  const placed = /^Digit(\d)$/.exec(event.code)?.[1] ?? (event.shiftKey ? SIGNS[event.code] : undefined) ?? (event.altKey ? /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase() : undefined);
  return placed ?? event.key.toLowerCase();
}

/** Why a shortcut cannot have these keys; null when it can. */
export function refusal(id: string, keys: string, all: readonly Hotkey[]): string | null {
  const name = keyNames(keys).join(" ");
  if (!/^((mod|alt)\+.|f\d+$|shift\+f\d+$)/.test(keys) || keys.endsWith("+ ")) return `Hold ${keyNames("mod").join("")} or ${keyNames("alt").join("")} with a key: “${name}” is for typing.`;
  if (TAKEN.has(keys)) return `“${name}” belongs to the browser.`;
  const other = all.find((one) => one.keys !== id && chosen(one.keys) === keys);
  return other ? `“${name}” is for “${other.description}” already.` : null;
}

/** Gives a shortcut these keys; its own, or null: as at first. */
export function choose(id: string, keys: string | null): void {
  chosenKeys.set((all) => {
    const rest = Object.fromEntries(Object.entries(all).filter(([key]) => key !== id));
    return keys === null || keys === id ? rest : { ...rest, [id]: keys };
  });
}
