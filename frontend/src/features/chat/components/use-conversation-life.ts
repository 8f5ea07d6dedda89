import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { notify } from "@/lib/notify";

import type { Conversation } from "../conversation/conversation";
import { tellTabs } from "../conversation/registry";
import type { ThreadRun } from "../conversation/state";
import { markUnseen } from "./use-document-title";

/** Keeps a conversation in step with the lists of the app, with other tabs, and with what happened while the page was not looked at. */
export function useConversationLife(conversation: Conversation, current: ThreadRun | null): void {
  const cache = useQueryClient();
  useEffect(() => {
    conversation.watch((change) => {
      tellTabs(conversation.id);
      void cache.invalidateQueries({ queryKey: ["sessions"] });
      void cache.invalidateQueries({ queryKey: ["session", conversation.id] });
      if (change === "ended") {
        void cache.invalidateQueries({ queryKey: ["runs", conversation.id] });
        markUnseen();
        notify("Your answer is ready", conversation.state.get().runs.at(-1)?.message.slice(0, 120) ?? "", conversation.id);
      }
    });
  }, [conversation, cache]);
  const opened = current !== null;
  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) void conversation.refresh();
    };
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    addEventListener("online", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
      removeEventListener("online", look);
    };
  }, [conversation, opened]);
}
