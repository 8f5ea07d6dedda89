import { stored } from "./storage";

/** What sends a message: Enter (Shift+Enter makes a line), or mod+Enter (Enter makes a line). */
export const sendKey = stored<"enter" | "mod+enter">("send-key", "enter", (value) => value === "enter" || value === "mod+enter");

/** Whether the thread follows an answer while its end is in view. */
export const autoscroll = stored("autoscroll", true, (value) => typeof value === "boolean");

/** Whether single keys and chords of the app work at all. */
export const hotkeysOn = stored("hotkeys", true, (value) => typeof value === "boolean");
