import { MessageCircleOff } from "lucide-react";

import { Button, EmptyState, ErrorCard } from "@/components/ui";

/** The session is not there: deleted elsewhere, or never this reader's. What is typed stays. */
export function Gone({ onNew, drafted }: { onNew: () => void; drafted: boolean }) {
  return (
    <EmptyState
      className="flex-1"
      icon={<MessageCircleOff />}
      title="This chat is not there any more"
      text={drafted ? "It was deleted, perhaps in another tab. What you typed is kept and comes along into a new chat." : "It was deleted, perhaps in another tab, or the link is not yours to open."}
      action={
        <Button variant="primary" onClick={onNew}>
          {drafted ? "Continue in a new chat" : "Start a new chat"}
        </Button>
      }
    />
  );
}

export function NotLoaded({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div className="mx-auto w-full max-w-3xl flex-1 p-4">
      <ErrorCard error={error} onRetry={onRetry} />
    </div>
  );
}
