import { toast } from "@/components/ui";
import { messageOf } from "@/lib/api";

import type { ThreadRun } from "../conversation/state";
import { useChat } from "./chat-context";

/** Sends a message once more in its place, with another text or to another agent; its files are read first. */
export function useAgain(): (run: ThreadRun, change?: { text?: string; agentId?: string }) => void {
  const { conversation } = useChat();
  return (run, change) => {
    conversation.again(run, change).catch((error: unknown) => toast(messageOf(error)));
  };
}
