import { useParams, useSearch } from "@tanstack/react-router";

import { ChatPage } from "@/features/chat";

import { ShareButton } from "../share-host";

const actions = (sessionId: string) => <ShareButton sessionId={sessionId} />;

export function NewChat() {
  const { agent } = useSearch({ from: "/inside/chat" });
  return <ChatPage agentId={agent} actions={actions} />;
}

export function OpenChat() {
  const { sessionId } = useParams({ from: "/inside/chat/$sessionId" });
  return <ChatPage sessionId={sessionId} actions={actions} />;
}
