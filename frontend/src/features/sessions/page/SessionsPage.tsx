import { useQuery } from "@tanstack/react-query";
import { MessagesSquare, SearchX } from "lucide-react";

import { Button, EmptyState, ErrorCard } from "@/components/ui";
import type { Session } from "@/lib/api/types";
import { cn } from "@/lib/cn";

import { useAgentNames } from "../data/agents";
import { useHiddenSessions } from "../data/deletions";
import { sessionsPage } from "../data/queries";
import { useRunningWatch } from "../data/watch";
import { isFiltered } from "../logic/filters";
import { useRowActions } from "../sidebar/actions";
import { TagsDialog } from "../sidebar/TagsDialog";
import { Filters } from "./Filters";
import { Paging } from "./Paging";
import { SessionsTable, TableSkeleton } from "./SessionsTable";
import { useSessionsSearch } from "./useSessionsSearch";

export interface SessionsPageProps {
  onShare?: (session: Session) => void;
}

/** All sessions, to be searched, filtered and sorted; the address keeps what is set. */
export default function SessionsPage({ onShare }: SessionsPageProps) {
  const [search, change] = useSessionsSearch();
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery(sessionsPage(search));
  const hidden = useHiddenSessions();
  const agentName = useAgentNames();
  const { actions, tagging, stopTagging } = useRowActions(onShare);
  const sessions = data?.data.filter((session) => !hidden.has(session.session_id)) ?? [];
  useRunningWatch(sessions);
  const gone = data ? data.data.length - sessions.length : 0;
  // The last row of the last page may have been deleted since the address was kept.
  const beyond = data !== undefined && data.data.length === 0 && (search.page ?? 1) > 1;

  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-6">
      <h1 className="text-xl font-semibold">Sessions</h1>
      <div className="my-4">
        <Filters search={search} onChange={change} />
      </div>
      {error && <ErrorCard error={error} onRetry={() => void refetch()} className="mb-4" />}
      {isPending && <TableSkeleton />}
      {data && sessions.length > 0 && (
        <div className={cn("transition-opacity", isPlaceholderData && "opacity-60")} aria-busy={isPlaceholderData}>
          <SessionsTable sessions={sessions} search={search} actions={actions} agentName={agentName} onChange={change} />
        </div>
      )}
      {data && sessions.length === 0 && (
        <Nothing
          filtered={isFiltered(search)}
          beyond={beyond}
          onClear={() => change({ q: undefined, agent: undefined, tag: undefined, archived: undefined, running: undefined })}
          onFirst={() => change({ page: 1 })}
        />
      )}
      {data && data.meta.total_count > 0 && (
        <Paging search={search} shown={sessions.length} total={Math.max(0, data.meta.total_count - gone)} pages={data.meta.total_pages} onChange={change} />
      )}
      {tagging && <TagsDialog session={tagging} onSave={(tags) => void actions.tag(tagging, tags)} onClose={stopTagging} />}
    </div>
  );
}

function Nothing({ filtered, beyond, onClear, onFirst }: { filtered: boolean; beyond: boolean; onClear: () => void; onFirst: () => void }) {
  if (beyond) return <EmptyState icon={<SearchX />} title="This page is empty now" action={<Button onClick={onFirst}>First page</Button>} />;
  if (filtered) return <EmptyState icon={<SearchX />} title="No session fits these filters" action={<Button onClick={onClear}>Clear filters</Button>} />;
  return <EmptyState icon={<MessagesSquare />} title="No sessions yet" text="Every conversation with an agent is a session. Start one in the chat, and it stands here with what it cost." />;
}
