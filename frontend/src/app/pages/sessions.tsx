import { useParams } from "@tanstack/react-router";

import { SessionDetailPage, SessionsPage } from "@/features/sessions";

import { shareSession } from "../share-host";
import { Scrolled } from "../shell/scrolled";

export function Sessions() {
  return (
    <Scrolled>
      <SessionsPage onShare={shareSession} />
    </Scrolled>
  );
}

export function Detail() {
  const { sessionId } = useParams({ from: "/inside/sessions/$sessionId" });
  return (
    <Scrolled key={sessionId}>
      <SessionDetailPage sessionId={sessionId} onShare={shareSession} />
    </Scrolled>
  );
}
