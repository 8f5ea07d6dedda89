import { Copy, Eraser, FileCode, GitFork, MessageSquarePlus, MessageSquareText, RefreshCw, Square } from "lucide-react";

import { useCommands, type Command } from "@/lib/commands";
import { useHotkey } from "@/lib/hotkeys";

import type { ThreadRun } from "../conversation/state";
import { lastCode, lastOf } from "../logic/code";
import type { Place } from "../logic/thread";
import { promptsDialog } from "../suggestions/prompts-state";
import type { Chat } from "./chat-context";
import { copyText } from "./copy";

/** What the keys, the palette and the "/" menu do in the chat that is open. `focus` goes to the message box. */
export function useChatCommands({ conversation, busy, fork, again }: Chat, branch: readonly Place<ThreadRun>[], focus: () => void): void {
  const run = branch.at(-1)?.run ?? null;
  const content = run?.answer.content ?? "";
  const code = (): string | null => lastOf(branch, (place) => lastCode(place.run.answer.content));
  const copyAnswer = (): void => void copyText(content, "Answer copied");
  const copyCode = (): void => void copyText(code() ?? "", "Code copied");
  const stop = (): void => conversation.stop();

  useHotkey("escape", stop, { description: "Stop the answer", group: "Chat", when: busy });
  useHotkey("shift+escape", focus, { description: "Go to the message box", group: "Chat" });
  useHotkey("mod+shift+c", copyAnswer, { description: "Copy the last answer", group: "Chat", when: content !== "" });
  useHotkey("mod+shift+;", copyCode, { description: "Copy the last code", group: "Chat", when: () => code() !== null });
  useCommands(() => {
    const typed = conversation.draft.get();
    const offered: (Command & { when: boolean })[] = [
      { when: busy, name: "Stop the answer", icon: <Square aria-hidden />, keys: "escape", run: stop },
      { when: run !== null && !busy && (run.status === "completed" || run.status === "cancelled"), name: "Regenerate the last answer", icon: <RefreshCw aria-hidden />, words: "again retry", run: () => run && again(run) },
      { when: content !== "", name: "Copy the last answer", icon: <Copy aria-hidden />, keys: "mod+shift+c", run: copyAnswer },
      { when: code() !== null, name: "Copy the last code", icon: <FileCode aria-hidden />, keys: "mod+shift+;", run: copyCode },
      { when: run?.id != null && !busy, name: "Fork this chat", icon: <GitFork aria-hidden />, words: "branch duplicate", run: () => run?.id != null && fork(run.id) },
      { when: typed.trim() !== "", name: "Save this text as a prompt", icon: <MessageSquarePlus aria-hidden />, words: "draft", ofText: true, run: () => promptsDialog.set({ text: conversation.draft.get().trim() }) },
      { when: true, name: "Saved prompts", icon: <MessageSquareText aria-hidden />, words: "edit manage delete", ofText: true, run: () => promptsDialog.set("all") },
      { when: typed.trim() !== "", name: "Clear the draft", icon: <Eraser aria-hidden />, words: "empty discard text", ofText: true, run: () => conversation.draft.set("") },
    ];
    return offered.filter((one) => one.when);
  });
}
