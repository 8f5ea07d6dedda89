import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef, type ReactNode } from "react";

import { toast } from "@/components/ui";
import { messageOf } from "@/lib/api";
import { lastRuns } from "@/lib/api/runs";
import type { Agent } from "@/lib/api/types";
import { stored } from "@/lib/storage";
import { useStore } from "@/lib/store";

import { conversationOf, newConversation } from "../conversation/registry";
import { forkSession, readAgents } from "../conversation/requests";
import { isOpen } from "../conversation/state";
import { draftFilesOf } from "../logic/draft-files";
import { blankFrom } from "../logic/prompts";
import { draftOf, joined } from "../logic/queue";
import { visibleBranch } from "../logic/thread";
import { promptsDialog } from "../suggestions/prompts-state";
import { AgentPicker } from "./agent-picker";
import { Announcer } from "./announcer";
import { ChatProvider, type Chat } from "./chat-context";
import { Composer } from "./composer";
import { ConnectionBanner } from "./connection-banner";
import { Gone, NotLoaded } from "./gone";
import { Header } from "./header";
import { Thread } from "./thread";
import { useChatCommands } from "./use-chat-commands";
import { useConversationLife } from "./use-conversation-life";
import { Welcome } from "./welcome";

export interface ChatPageProps {
  /** Whom a new chat is with; absent: the one that was chosen last. */
  agentId?: string | undefined;
  /** Absent: a new chat, whose address changes to its own with the first message. */
  sessionId?: string | undefined;
  /** What the app puts beside the title of a chat: sharing. */
  actions?: ((sessionId: string) => ReactNode) | undefined;
}

const NO_AGENTS: readonly Agent[] = [];

const QueueCards = lazy(async () => ({ default: (await import("./queue-cards")).QueueCards }));
const PromptsDialog = lazy(() => import("../suggestions/prompts-dialog"));

const lastAgent = stored<string | null>("chat.agent", null);

export function ChatPage({ agentId, sessionId, actions }: ChatPageProps) {
  const cache = useQueryClient();
  // A new chat begins before its address tells so: it stays the same one until the address changes.
  const conversation = useMemo(() => (sessionId === undefined ? newConversation() : conversationOf(sessionId, () => lastRuns(cache, sessionId))), [sessionId, cache]);
  const navigate = useNavigate();
  const box = useRef<HTMLTextAreaElement>(null);
  const { phase, error, runs, choices } = useStore(conversation.state);
  const queue = useStore(conversation.queue);
  const preferred = useStore(lastAgent);
  const picked = useStore(conversation.picked);
  const { data: agents = NO_AGENTS, isPending, error: noAgents, refetch } = useQuery({ queryKey: ["agents"], queryFn: readAgents, staleTime: 60_000 });

  const branch = useMemo(() => visibleBranch(runs, choices), [runs, choices]);
  const current = branch.at(-1)?.run ?? null;
  const busy = runs.some((run) => isOpen(run.status));
  const chosen = [picked, current?.agentId, agentId, preferred, agents[0]?.id].find((id) => agents.some((agent) => agent.id === id)) ?? null;
  const agent = agents.find((one) => one.id === chosen) ?? null;
  useConversationLife(conversation, current);

  // Each message of the thread reads it: it changes only with what it holds, not with every word of an answer.
  const chat = useMemo<Chat>(
    () => ({
      conversation,
      agents,
      busy,
      insert: (text) => {
        conversation.draft.set((typed) => text + typed);
        requestAnimationFrame(() => {
          box.current?.focus();
          const blank = blankFrom(box.current?.value ?? "", { start: 0, end: 0 }, false);
          if (blank) box.current?.setSelectionRange(blank.start, blank.end);
        });
      },
      fork: (run) => {
        forkSession(conversation.id, run).then(
          (made) => {
            void cache.invalidateQueries({ queryKey: ["sessions"] });
            void navigate({ to: "/chat/$sessionId", params: { sessionId: made.session_id } });
            toast("Forked: this is a chat of its own now");
          },
          (failure: unknown) => toast(messageOf(failure)),
        );
      },
      again: (run, change) => void conversation.again(run, change).catch((failure: unknown) => toast(messageOf(failure))),
      pick: (agent) => {
        conversation.picked.set(agent);
        if (!conversation.begun) lastAgent.set(agent);
      },
    }),
    [conversation, agents, busy, cache, navigate],
  );
  const send = (text: string, files: File[]): void => {
    if (chosen === null) return;
    conversation.submit({ text, files, agentId: chosen });
    conversation.picked.set(null);
    if (sessionId === undefined) void navigate({ to: "/chat/$sessionId", params: { sessionId: conversation.id }, replace: true });
  };
  const startAnew = (): void => {
    const typed = conversation.draft.get();
    conversation.draft.set("");
    draftOf("new").set((before) => joined(typed, before));
    draftFilesOf("new").giveBack(conversation.draftFiles.take());
    void navigate({ to: "/chat" });
  };

  useChatCommands(chat, branch, () => box.current?.focus());
  // Another agent in the address is a newer choice than one that was picked before.
  useEffect(() => conversation.picked.set(null), [conversation, agentId]);
  useEffect(() => {
    // On a phone the keyboard would cover what was opened to be read.
    if (matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, [conversation]);

  const waiting = queue.filter((message) => !runs.some((run) => run.key === message.id));
  const empty = runs.length === 0;
  const blocked = phase === "missing" ? "This chat was deleted" : chosen === null ? (isPending ? "The agents are being loaded" : "There is no agent to answer") : null;
  return (
    <ChatProvider value={chat}>
      <div className="flex h-full min-h-0 flex-col">
        <Header conversation={conversation} agent={empty ? <AgentPicker chosen={chosen} onChoose={chat.pick} /> : (agent?.name ?? null)} actions={empty ? null : actions?.(conversation.id)} />
        {phase === "missing" ? (
          <Gone onNew={startAnew} drafted={conversation.draft.get() !== "" || conversation.draftFiles.store.get().length > 0} />
        ) : phase === "failed" ? (
          <NotLoaded error={error} onRetry={() => void conversation.load()} />
        ) : noAgents && empty ? (
          <NotLoaded error={noAgents} onRetry={() => void refetch()} />
        ) : empty && phase !== "loading" && !isPending ? (
          <Welcome agent={agent} onStart={(text) => send(text, [])} />
        ) : (
          <Thread branch={branch} />
        )}
        <Announcer run={current} />
        <ConnectionBanner reconnecting={runs.some((run) => run.status === "reconnecting")} />
        {waiting.length > 0 && (
          <Suspense fallback={null}>
            <QueueCards messages={waiting} />
          </Suspense>
        )}
        <Composer
          key={conversation.id}
          box={box}
          said={branch.map((place) => place.run.message)}
          blocked={blocked}
          last={current}
          agent={agent}
          to={current !== null && agent !== null && agent.id !== current.agentId ? agent.name : null}
          onSend={send}
        />
        <Prompts onInsert={chat.insert} />
      </div>
    </ChatProvider>
  );
}

/** What is saved to be sent again; the dialog is loaded when it is first opened. */
function Prompts({ onInsert }: { onInsert: (text: string) => void }) {
  const open = useStore(promptsDialog);
  if (open === "closed") return null;
  return (
    <Suspense fallback={null}>
      <PromptsDialog text={open === "all" ? null : open.text} onInsert={onInsert} onClose={() => promptsDialog.set("closed")} />
    </Suspense>
  );
}
