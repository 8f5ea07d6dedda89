import { createContext, useContext } from "react";

import type { Agent } from "@/lib/api/types";

import type { Conversation } from "../conversation/conversation";
import type { ThreadRun } from "../conversation/state";

export interface Chat {
  conversation: Conversation;
  agents: readonly Agent[];
  /** An answer is under way. */
  busy: boolean;
  /** Puts text before what is typed, and goes to the box: to the first blank, if the text has any. */
  insert: (text: string) => void;
  /** A new session with the runs up to this one. */
  fork: (run: string) => void;
  /** Sends a message once more in its place, with another text or to another agent; its files are read first. */
  again: (run: ThreadRun, change?: { text?: string; agentId?: string }) => void;
  /** Whom the next message is for. */
  pick: (agent: string) => void;
}

const Context = createContext<Chat | null>(null);

export const ChatProvider = Context.Provider;

export function useChat(): Chat {
  const chat = useContext(Context);
  if (!chat) throw new Error("this part of the chat stands outside of a ChatPage");
  return chat;
}
