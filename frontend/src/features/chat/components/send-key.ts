interface Pressed {
  key: string;
  shiftKey: boolean;
  metaKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  keyCode: number;
  nativeEvent: { isComposing: boolean };
}

/** Whether the key belongs to an input method that composes a word (keyCode 229 is how Safari says so). */
export function composes(event: Pick<Pressed, "keyCode" | "nativeEvent">): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

/** Whether this key sends the message. While an input method composes a word, Enter belongs to it. */
export function sends(event: Pressed, setting: "enter" | "mod+enter"): boolean {
  if (event.key !== "Enter" || composes(event)) return false;
  const mod = event.metaKey || event.ctrlKey;
  return setting === "enter" ? !event.shiftKey && !event.altKey : mod;
}
