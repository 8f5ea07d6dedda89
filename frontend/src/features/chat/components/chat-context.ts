import { createContext, useContext } from "react";

import type { Agent } from "@/lib/api/types";

import type { Conversation } from "../conversation/conversation";

export interface Chat {
  conversation: Conversation;
  agents: readonly Agent[];
  /** An answer is under way. */
  busy: boolean;
  /** Puts text before what is typed, and the cursor behind it. */
  insert: (text: string) => void;
  /** A new session with the runs up to this one. */
  fork: (run: string) => void;
}

const Context = createContext<Chat | null>(null);

export const ChatProvider = Context.Provider;

export function useChat(): Chat {
  const chat = useContext(Context);
  if (!chat) throw new Error("this part of the chat stands outside of a ChatPage");
  return chat;
}
