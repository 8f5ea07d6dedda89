import { useParams, useSearch } from "@tanstack/react-router";

import { ChatPage } from "@/features/chat";

import { ShareButton } from "../share-host";

const actions = (sessionId: string) => <ShareButton sessionId={sessionId} />;

export function Chat() {
  const { agent } = useSearch({ from: "/inside/chat" });
  const { sessionId } = useParams({ strict: false });
  return <ChatPage agentId={agent} sessionId={sessionId} actions={actions} />;
}
