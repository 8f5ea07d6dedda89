import { MessagesSquare, SearchX } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";

import { Button, EmptyState, ErrorCard, Skeleton, Spinner } from "@/components/ui";
import { ApiError } from "@/lib/api";
import type { Session } from "@/lib/api/types";

import type { SidebarFilter } from "../data/queries";
import { useMarkRead, useRunningWatch } from "../data/watch";
import { useRowActions } from "./actions";
import { BulkBar } from "./BulkBar";
import { FilterMenu } from "./FilterMenu";
import { SelectRow } from "./SelectRow";
import { SessionRow } from "./SessionRow";
import { TagsDialog } from "./TagsDialog";
import { useHover } from "./useHover";
import { usePreview } from "./usePreview";
import { useSelection } from "./useSelection";
import { useStepping } from "./useStepping";
import { type Section, useSidebar } from "./useSidebar";

export interface SessionListProps {
  /** Opens the dialog with the session's links; without it there is no such entry. */
  onShare?: (session: Session) => void;
  /** A row was followed: a drawer closes now. */
  onOpen?: () => void;
  /** A row is pointed at: the chat can fetch what it shows first. */
  onHover?: (sessionId: string) => void;
}

const SessionPreview = lazy(() => import("./SessionPreview"));

const NO_FILTER: SidebarFilter = { archived: false };

/** The reader's sessions for the sidebar. */
export function SessionList({ onShare, onOpen, onHover }: SessionListProps) {
  const [filter, setFilter] = useState<SidebarFilter>(NO_FILTER);
  const [focused, setFocused] = useState<string | null>(null);
  const list = useSidebar(filter);
  const { sessions } = list;
  const { actions, openId, tagging, stopTagging } = useRowActions(onShare);
  const selection = useSelection(sessions);
  useRunningWatch(sessions);
  useMarkRead(openId, sessions);
  useStepping(sessions, openId);
  const hover = useHover(onHover);
  const { id: previewed, point, stay, hide } = usePreview(openId);
  const pointAt = useCallback(
    (id: string | null) => {
      hover(id);
      point(id);
    },
    [hover, point],
  );
  const opened = useCallback(() => {
    hide();
    onOpen?.();
  }, [hide, onOpen]);

  const ids = new Set(sessions.map((session) => session.session_id));
  const reachable = [focused, openId].find((id) => id && ids.has(id)) ?? sessions[0]?.session_id;
  const row = (session: Session) =>
    selection.on ? (
      <SelectRow key={session.session_id} session={session} checked={selection.has(session.session_id)} onToggle={() => selection.toggle(session.session_id)} />
    ) : (
      <SessionRow
        key={session.session_id}
        session={session}
        open={session.session_id === openId}
        reachable={session.session_id === reachable}
        actions={actions}
        onFocus={setFocused}
        onOpen={opened}
        onHover={pointAt}
        onSelect={selection.start}
      />
    );

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="px-2 pb-1">
        {selection.on ? (
          <BulkBar selection={selection} actions={actions} archived={filter.archived} />
        ) : (
          <div className="flex items-center justify-between pl-2.5">
            <h2 className="text-xs font-medium text-muted">{titleOf(filter)}</h2>
            <FilterMenu filter={filter} onChange={setFilter} />
          </div>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 pb-4 [touch-action:pan-y_pinch-zoom]" data-session-list>
        <Problem error={list.error} kept={sessions.length > 0} onRetry={list.retry} />
        {list.loading && !list.error && <RowSkeletons />}
        {!list.loading && sessions.length === 0 && !list.error && !list.more && <Nothing filter={filter} onClear={() => setFilter(NO_FILTER)} />}
        {list.sections.map((section) => (
          <SectionOfRows key={section.name} section={section} row={row} />
        ))}
        {list.more && <More onMore={list.more} loading={list.loadingMore} />}
      </div>
      {previewed !== null && ids.has(previewed) && (
        <Suspense fallback={null}>
          <SessionPreview key={previewed} sessionId={previewed} onEnter={stay} onLeave={() => point(null)} />
        </Suspense>
      )}
      {tagging && <TagsDialog session={tagging} onSave={(tags) => void actions.tag(tagging, tags)} onClose={stopTagging} />}
    </div>
  );
}

function titleOf(filter: SidebarFilter): string {
  const kind = filter.archived ? "Archived sessions" : "Sessions";
  return filter.tag === undefined ? kind : `${kind} tagged ${filter.tag}`;
}

function SectionOfRows({ section, row }: { section: Section; row: (session: Session) => React.ReactNode }) {
  return (
    <section className="pt-2">
      <h3 className="px-2.5 py-1 text-xs font-medium text-muted">{section.name}</h3>
      <ul aria-label={section.name}>{section.items.map(row)}</ul>
    </section>
  );
}

/** More rows as the end of the list comes near; a button for those who get there without scrolling. */
function More({ onMore, loading }: { onMore: () => void; loading: boolean }) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  useEffect(() => {
    latest.current = onMore;
  });
  useEffect(() => {
    const element = end.current;
    if (!element || loading) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), { rootMargin: "300px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [loading]);
  return (
    <div ref={end} className="flex justify-center pt-2">
      {loading ? (
        <Spinner label="Loading more sessions" className="p-2 text-muted" />
      ) : (
        <Button variant="ghost" size="sm" onClick={onMore}>
          Show more
        </Button>
      )}
    </div>
  );
}

/** What is known stays; without anything to show, the reason stands there. */
function Problem({ error, kept, onRetry }: { error: Error | null; kept: boolean; onRetry: () => void }) {
  if (!error) return null;
  if (!kept || (error instanceof ApiError && error.retryAfter !== null)) return <ErrorCard error={error} onRetry={onRetry} />;
  return (
    <div role="status" className="flex items-center justify-between gap-2 rounded-lg bg-warning/15 py-1 pr-1 pl-2.5 text-xs">
      This list may be out of date.
      <Button variant="ghost" size="sm" onClick={onRetry}>
        Retry
      </Button>
    </div>
  );
}

function Nothing({ filter, onClear }: { filter: SidebarFilter; onClear: () => void }) {
  if (filter.archived || filter.tag !== undefined) {
    return (
      <EmptyState
        icon={<SearchX />}
        title={filter.archived && filter.tag === undefined ? "The archive is empty" : "No session fits"}
        text={filter.archived && filter.tag === undefined ? "Archive what is done: it leaves this list and is still found by search." : undefined}
        action={<Button onClick={onClear}>Show all sessions</Button>}
      />
    );
  }
  return <EmptyState icon={<MessagesSquare />} title="No sessions yet" text="Send a first message: the session is kept here, to be pinned, tagged, shared and searched." />;
}

function RowSkeletons() {
  return (
    <div role="status" className="flex flex-col pt-3">
      <span className="sr-only">Loading sessions</span>
      <Skeleton className="mb-2 ml-2.5 h-3 w-12" />
      {["w-4/5", "w-3/5", "w-2/3", "w-3/4", "w-1/2", "w-4/5"].map((width, index) => (
        <div key={index} className="flex min-h-9 items-center px-2.5">
          <Skeleton className={`h-4 ${width}`} />
        </div>
      ))}
    </div>
  );
}
