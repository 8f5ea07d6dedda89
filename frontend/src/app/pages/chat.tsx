import { useParams, useSearch } from "@tanstack/react-router";

import { ChatPage } from "@/features/chat";
import { SessionCommands } from "@/features/sessions";

import { ShareButton, shareSession } from "../share-host";

const actions = (sessionId: string) => (
  <>
    <ShareButton sessionId={sessionId} />
    <SessionCommands sessionId={sessionId} onShare={shareSession} />
  </>
);

export function Chat() {
  const { agent } = useSearch({ from: "/inside/chat" });
  const { sessionId } = useParams({ strict: false });
  return <ChatPage agentId={agent} sessionId={sessionId} actions={actions} />;
}
