import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useEffect, useMemo } from "react";

import { Button, EmptyState, ErrorCard, Skeleton } from "@/components/ui";
import { ApiError } from "@/lib/api";
import { sessionRuns } from "@/lib/api/runs";
import type { Run, Session, SessionDetail } from "@/lib/api/types";

import { useAgentNames } from "../data/agents";
import { useDeleteSessions, useHiddenSessions } from "../data/deletions";
import { sessionDetail } from "../data/queries";
import { useDropMissing, useMarkRead } from "../data/watch";
import { useRowActions } from "../sidebar/actions";
import { TagsDialog } from "../sidebar/TagsDialog";
import { RunCard } from "./RunCard";
import { BackLink, SessionHead } from "./SessionHead";
import { TotalsRow } from "./TotalsRow";

export interface SessionDetailPageProps {
  sessionId: string;
  onShare?: (session: Session) => void;
}

/** While a run is open its figures change. */
const POLL = 3000;

/** Everything that is known of one session: every run with what it did and cost. */
export default function SessionDetailPage({ sessionId, onShare }: SessionDetailPageProps) {
  const detail = useQuery({ ...sessionDetail(sessionId), refetchInterval: (query) => (query.state.data?.running ? POLL : false) });
  const hidden = useHiddenSessions();
  const session = detail.data;
  const missing = detail.error instanceof ApiError && detail.error.status === 404;
  useDropMissing(sessionId, missing);
  return (
    <div className="mx-auto w-full max-w-5xl space-y-5 px-4 py-6">
      {missing || hidden.has(sessionId) ? (
        <Gone />
      ) : (
        <>
          {detail.error && (
            <>
              {!session && <BackLink />}
              <ErrorCard error={detail.error} onRetry={() => void detail.refetch()} />
            </>
          )}
          {session ? <Loaded key={sessionId} session={session} onShare={onShare} /> : !detail.error && <DetailSkeleton />}
        </>
      )}
    </div>
  );
}

function Loaded({ session, onShare }: { session: SessionDetail; onShare: SessionDetailPageProps["onShare"] }) {
  const query = useInfiniteQuery(sessionRuns(session.session_id));
  const { refetch } = query;
  const agentName = useAgentNames();
  const navigate = useNavigate();
  const remove = useDeleteSessions();
  const row = useMemo<Session>(() => ({ ...session, session_type: "agent" }), [session]);
  const { actions, tagging, stopTagging } = useRowActions(onShare);
  useMarkRead(session.session_id, [row]);
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.runs), [query.data]);
  useEffect(() => {
    if (query.isFetched) void refetch();
    // The counters of the session tell when a run began or ended.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [session.runs, session.running, refetch]);

  const onDelete = (): void => {
    remove([row], () => void navigate({ to: "/sessions/$sessionId", params: { sessionId: session.session_id } }));
    void navigate({ to: "/sessions" });
  };
  return (
    <>
      <SessionHead session={row} agentName={agentName(session.agent_id)} actions={actions} onDelete={onDelete} />
      <TotalsRow session={session} runs={runs} complete={!query.hasNextPage} />
      <section aria-label="Runs" className="space-y-3">
        <h2 className="text-base font-semibold">Runs, the newest first</h2>
        {query.error && <ErrorCard error={query.error} onRetry={() => void refetch()} />}
        {runs && <Runs runs={runs} total={Math.max(session.runs, runs.length)} />}
        {query.isPending && <RunSkeletons />}
        {query.hasNextPage && (
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Load earlier runs
          </Button>
        )}
      </section>
      {tagging && <TagsDialog session={tagging} onSave={(tags) => void actions.tag(tagging, tags)} onClose={stopTagging} />}
    </>
  );
}

function Runs({ runs, total }: { runs: readonly Run[]; total: number }) {
  if (runs.length === 0) return <p className="text-sm text-muted">No message has been sent in this session yet.</p>;
  return (
    <ol className="space-y-2">
      {runs.map((run, index) => (
        <RunCard key={run.run_id} run={run} number={total - index} openAtFirst={index === 0} />
      ))}
    </ol>
  );
}

function Gone() {
  return (
    <EmptyState
      icon={<Trash2 />}
      title="This session is no longer there"
      text="It was deleted, perhaps in another tab or on another device, or it was never yours to see."
      action={
        <Link to="/sessions" className="inline-flex min-h-9 items-center rounded-lg border border-line bg-raised px-3.5 text-sm font-medium hover:bg-panel">
          All sessions
        </Link>
      }
    />
  );
}

function RunSkeletons() {
  return ["a", "b", "c"].map((key) => (
    <div key={key} className="rounded-xl border border-line p-3">
      <Skeleton className="h-4 w-32" />
      <Skeleton className="mt-2 h-4 w-2/3" />
      <Skeleton className="mt-3 h-3 w-1/2" />
    </div>
  ));
}

function DetailSkeleton() {
  return (
    <div role="status" className="space-y-5">
      <span className="sr-only">Loading the session</span>
      <Skeleton className="h-7 w-1/2" />
      <Skeleton className="h-4 w-1/3" />
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-4">
        {["a", "b", "c", "d"].map((key) => (
          <Skeleton key={key} className="h-16 rounded-xl" />
        ))}
      </div>
      <RunSkeletons />
    </div>
  );
}
