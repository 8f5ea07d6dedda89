import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp } from "lucide-react";

import { Skeleton } from "@/components/ui";
import type { Session } from "@/lib/api/types";
import { formatDateTime, formatMoney, formatTokens, timeAgo } from "@/lib/format";

import type { SessionsSearch } from "../logic/filters";
import type { RowActions } from "../sidebar/actions";
import { SessionMenu } from "../sidebar/SessionMenu";
import { pointing, useHover } from "../sidebar/useHover";
import { SessionMarks } from "./SessionMarks";

interface Props {
  sessions: readonly Session[];
  search: SessionsSearch;
  actions: RowActions;
  agentName: (id: string | null | undefined) => string;
  onChange: (change: Record<string, unknown>) => void;
}

const HEAD = "px-3 py-2 text-left text-xs font-medium text-muted";
const NUMBER = "px-3 py-2 text-right tabular-nums";

/** Tokens that cost nothing are those of a model without a known price. */
function costOf(session: Session): string {
  return session.cost === 0 && (session.total_tokens ?? 0) > 0 ? "–" : formatMoney(session.cost);
}

/** Sessions as a table, and on narrow windows as cards. */
export function SessionsTable({ sessions, search, actions, agentName, onChange }: Props) {
  const byUpdate = (search.sort ?? "updated_at") === "updated_at";
  const ascending = search.order === "asc";
  const onHover = useHover();
  return (
    <>
      <table className="hidden w-full border-collapse text-sm md:table">
        <thead>
          <tr className="border-b border-line">
            <th scope="col" className={HEAD}>Title</th>
            <th scope="col" className={HEAD}>Agent</th>
            <th scope="col" className={`${HEAD} text-right`}>Runs</th>
            <th scope="col" className={`${HEAD} text-right`}>Tokens</th>
            <th scope="col" className={`${HEAD} text-right`}>Cost</th>
            <th scope="col" className={`${HEAD} text-right`} aria-sort={byUpdate ? (ascending ? "ascending" : "descending") : "none"}>
              <button
                type="button"
                className="inline-flex min-h-6 items-center gap-1 font-medium hover:text-text"
                onClick={() => onChange({ sort: "updated_at", order: byUpdate && !ascending ? "asc" : "desc" })}
              >
                Updated {byUpdate && (ascending ? <ArrowUp aria-hidden className="size-3.5" /> : <ArrowDown aria-hidden className="size-3.5" />)}
              </button>
            </th>
            <th scope="col" className={HEAD}>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.session_id} className="relative border-b border-line hover:bg-panel">
              <th scope="row" className="max-w-0 w-full px-3 py-2 text-left font-normal">
                <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
                  <span className="flex min-w-0 items-center gap-2">
                    <UnreadDot session={session} />
                    <TitleLink session={session} onHover={onHover} />
                  </span>
                  <SessionMarks session={session} onTag={(tag) => onChange({ tag })} />
                </span>
              </th>
              <td className="px-3 py-2 whitespace-nowrap">{agentName(session.agent_id)}</td>
              <td className={NUMBER}>{session.runs}</td>
              <td className={NUMBER}>{formatTokens(session.total_tokens ?? 0)}</td>
              <td className={NUMBER}>{costOf(session)}</td>
              <td className={`${NUMBER} whitespace-nowrap`}>
                <time dateTime={session.updated_at} title={formatDateTime(session.updated_at)}>
                  {timeAgo(session.updated_at)}
                </time>
              </td>
              <td className="relative z-10 px-1">
                <SessionMenu session={session} actions={actions} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="flex flex-col gap-2 md:hidden">
        {sessions.map((session) => (
          <li key={session.session_id} className="relative rounded-xl border border-line bg-raised p-3">
            <div className="flex items-start gap-2">
              <div className="min-w-0 flex-1">
                <div className="flex items-center gap-2">
                  <UnreadDot session={session} />
                  <TitleLink session={session} onHover={onHover} />
                </div>
                <p className="mt-0.5 text-xs text-muted">
                  {agentName(session.agent_id)} · {timeAgo(session.updated_at)}
                </p>
              </div>
              <SessionMenu session={session} actions={actions} className="relative z-10" />
            </div>
            <p className="mt-1.5 text-xs tabular-nums text-muted">
              {session.runs} {session.runs === 1 ? "run" : "runs"} · {formatTokens(session.total_tokens ?? 0)} tokens · {costOf(session)}
            </p>
            <div className="mt-1.5">
              <SessionMarks session={session} onTag={(tag) => onChange({ tag })} />
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The whole row follows this link. */
function TitleLink({ session, onHover }: { session: Session; onHover: (id: string | null) => void }) {
  return (
    <Link
      to="/sessions/$sessionId"
      params={{ sessionId: session.session_id }}
      {...pointing(session.session_id, onHover)}
      className="block min-w-0 truncate font-medium after:absolute after:inset-0 hover:underline"
    >
      {session.session_name}
    </Link>
  );
}

function UnreadDot({ session }: { session: Session }) {
  return (
    session.unread && (
      <span className="inline-block size-2 shrink-0 rounded-full bg-accent">
        <span className="sr-only">Unread</span>
      </span>
    )
  );
}

export function TableSkeleton() {
  return (
    <div role="status" className="divide-y divide-line">
      <span className="sr-only">Loading sessions</span>
      {["w-1/2", "w-2/5", "w-3/5", "w-1/3", "w-1/2", "w-2/5", "w-1/2", "w-1/3"].map((width, index) => (
        <div key={index} className="flex items-center gap-6 px-3 py-3">
          <div className="flex-1">
            <Skeleton className={`h-4 ${width}`} />
          </div>
          <Skeleton className="hidden h-4 w-20 md:block" />
          <Skeleton className="hidden h-4 w-10 md:block" />
          <Skeleton className="h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
