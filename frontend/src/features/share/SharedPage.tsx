import { useQuery } from "@tanstack/react-query";
import { Eye, Unlink } from "lucide-react";
import { useEffect } from "react";

import { Markdown } from "@/components/markdown";
import { EmptyState, ErrorCard, Skeleton } from "@/components/ui";
import { ApiError } from "@/lib/api";
import type { SharedSession } from "@/lib/api/types";
import { formatDateTime } from "@/lib/format";

import { sharedSession } from "./shares";

/** A shared session for anybody with the link: to read, and nothing more. */
export default function SharedPage({ shareId }: { shareId: string }) {
  const { data, error, refetch } = useQuery(sharedSession(shareId));
  useEffect(() => {
    const before = document.title;
    document.title = data ? `${data.title} – shared` : "Shared conversation";
    return () => {
      document.title = before;
    };
  }, [data]);
  return (
    <div className="min-h-dvh bg-ground text-text">
      <div className="mx-auto max-w-3xl px-4 py-6 sm:py-10">
        {data ? <Conversation shared={data} /> : error ? <Problem error={error} onRetry={() => void refetch()} /> : <ConversationSkeleton />}
      </div>
    </div>
  );
}

function Conversation({ shared }: { shared: SharedSession }) {
  return (
    <>
      <header className="border-b border-line pb-5">
        <p className="inline-flex items-center gap-1.5 rounded-md bg-accent-soft px-2 py-0.5 text-xs font-medium">
          <Eye aria-hidden className="size-3.5" /> Shared conversation, read only
        </p>
        <h1 className="mt-3 text-2xl font-semibold break-words">{shared.title}</h1>
        <p className="mt-1 text-sm text-muted">
          With {shared.agent_name || "an agent"}, as it stood on <time dateTime={shared.created_at}>{formatDateTime(shared.created_at)}</time>. An agent’s
          answers can be wrong.
        </p>
      </header>
      <main aria-label="Conversation" className="space-y-6 py-6">
        {shared.messages.map((message, index) => (
          <Message key={index} message={message} agent={shared.agent_name} />
        ))}
        {shared.messages.length === 0 && <p className="text-sm text-muted">There was no message in this session when it was shared.</p>}
      </main>
    </>
  );
}

function Message({ message, agent }: { message: SharedSession["messages"][number]; agent: string }) {
  if (message.role === "user") {
    return (
      <article aria-label="Question" className="ml-auto w-fit max-w-[85%] rounded-2xl bg-accent-soft px-4 py-2.5 break-words whitespace-pre-wrap">
        {message.content}
      </article>
    );
  }
  return (
    <article aria-label="Answer" className="min-w-0">
      <p className="mb-1 text-xs font-medium text-muted">{agent || "Agent"}</p>
      <Markdown text={message.content} />
    </article>
  );
}

function Problem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <main>
        <EmptyState icon={<Unlink />} title="This conversation is not shared" text="The link was revoked, or it was not copied whole. Ask the person who sent it for a new one." />
      </main>
    );
  }
  return (
    <main>
      <h1 className="mb-3 text-xl font-semibold">Shared conversation</h1>
      <ErrorCard error={error} onRetry={onRetry} />
    </main>
  );
}

function ConversationSkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Loading the shared conversation</span>
      <Skeleton className="h-5 w-52" />
      <Skeleton className="mt-4 h-8 w-3/4" />
      <Skeleton className="mt-2 h-4 w-1/2" />
      <Skeleton className="mt-10 ml-auto h-11 w-3/5 rounded-2xl" />
      {["w-full", "w-11/12", "w-4/5"].map((width) => (
        <Skeleton key={width} className={`mt-4 h-4 ${width}`} />
      ))}
    </div>
  );
}
