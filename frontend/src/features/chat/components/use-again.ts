import { toast } from "@/components/ui";
import { messageOf } from "@/lib/api";

import type { ThreadRun } from "../conversation/state";
import { useChat } from "./chat-context";

/** Sends a message once more in its place, with another text when it was edited; its files are read first. */
export function useAgain(): (run: ThreadRun, text?: string) => void {
  const { conversation } = useChat();
  return (run, text) => {
    conversation.again(run, text).catch((error: unknown) => toast(messageOf(error)));
  };
}
