import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { useStore } from "@/lib/store";

import type { Conversation } from "../conversation/conversation";
import { readSession } from "../conversation/requests";
import { useDocumentTitle } from "./use-document-title";

interface Props {
  conversation: Conversation;
  /** The picker of a new chat, or the name of the agent of one that began. */
  agent: ReactNode;
  actions: ReactNode;
}

export function Header({ conversation, agent, actions }: Props) {
  const { phase, runs } = useStore(conversation.state);
  const taken = phase === "ready" && runs.some((run) => run.id !== null);
  const { data } = useQuery({ queryKey: ["session", conversation.id], queryFn: () => readSession(conversation.id), enabled: taken, staleTime: 30_000 });
  // Until the session tells its title, its first message stands for it.
  const title = runs.length === 0 ? "New chat" : (data?.session_name ?? runs[0]?.message.slice(0, 80) ?? "Chat");
  useDocumentTitle(title);
  return (
    <header className="flex min-h-12 shrink-0 items-center gap-2 border-b border-line px-3 short:min-h-9">
      <div className="min-w-0 flex-1">
        {typeof agent === "string" || agent === null ? (
          <div className="flex min-w-0 items-baseline gap-2">
            <h1 className="truncate text-sm font-semibold">{title}</h1>
            <p className="shrink-0 text-xs text-muted">{agent}</p>
          </div>
        ) : (
          <>
            <h1 className="sr-only">{title}</h1>
            {agent}
          </>
        )}
      </div>
      {actions}
    </header>
  );
}
