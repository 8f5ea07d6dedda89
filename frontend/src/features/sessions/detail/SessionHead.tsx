import { Link } from "@tanstack/react-router";
import { ArrowLeft, Download, MessageSquare, Pencil, Share2, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button, DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger, IconButton } from "@/components/ui";
import type { Session } from "@/lib/api/types";
import { formatDateTime, timeAgo } from "@/lib/format";

import { SessionMarks } from "../page/SessionMarks";
import type { RowActions } from "../sidebar/actions";
import { RenameField } from "../sidebar/RenameField";

interface Props {
  session: Session;
  agentName: string;
  actions: RowActions;
  onDelete: () => void;
}

const BACK = "inline-flex min-h-6 items-center gap-1 text-sm text-muted hover:text-text pointer-coarse:min-h-11";

export function BackLink() {
  return (
    <Link to="/sessions" className={BACK}>
      <ArrowLeft aria-hidden className="size-4" /> Sessions
    </Link>
  );
}

/** Whose session it is, since when, and what can be done with it. */
export function SessionHead({ session, agentName, actions, onDelete }: Props) {
  const [renaming, setRenaming] = useState(false);
  return (
    <header>
      <BackLink />
      <div className="mt-1 flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 flex-1 basis-72">
          {renaming ? (
            <div className="flex max-w-lg">
              <RenameField
                name={session.session_name}
                onDone={(name) => {
                  setRenaming(false);
                  if (name !== null) void actions.rename(session, name);
                }}
              />
            </div>
          ) : (
            <div className="flex items-center gap-1">
              <h1 className="min-w-0 text-xl font-semibold break-words">{session.session_name}</h1>
              <IconButton label="Rename" size="sm" onClick={() => setRenaming(true)}>
                <Pencil aria-hidden />
              </IconButton>
            </div>
          )}
          <p className="mt-1 text-sm text-muted">
            {agentName} · begun <time dateTime={session.created_at}>{formatDateTime(session.created_at)}</time> · last used{" "}
            <time dateTime={session.updated_at} title={formatDateTime(session.updated_at)}>
              {timeAgo(session.updated_at)}
            </time>
          </p>
          <div className="mt-2 flex flex-wrap items-center gap-2">
            <SessionMarks session={session} />
            <Button variant="ghost" size="sm" onClick={() => actions.editTags(session)}>
              {session.tags.length > 0 ? "Edit tags" : "Add tags"}
            </Button>
          </div>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <Link
            to="/chat/$sessionId"
            params={{ sessionId: session.session_id }}
            className="inline-flex h-9 items-center gap-2 rounded-lg bg-accent px-3.5 text-sm font-medium text-accent-text hover:bg-accent/90 pointer-coarse:h-11"
          >
            <MessageSquare aria-hidden className="size-4" /> Open in chat
          </Link>
          {actions.share && (
            <Button icon={<Share2 aria-hidden />} onClick={() => actions.share?.(session)}>
              Share
            </Button>
          )}
          <DropdownMenu>
            <DropdownMenuTrigger asChild>
              <Button icon={<Download aria-hidden />}>Export</Button>
            </DropdownMenuTrigger>
            <DropdownMenuContent align="end">
              <DropdownMenuItem onSelect={() => actions.exportAs(session, "markdown")}>Markdown</DropdownMenuItem>
              <DropdownMenuItem onSelect={() => actions.exportAs(session, "json")}>JSON</DropdownMenuItem>
            </DropdownMenuContent>
          </DropdownMenu>
          <IconButton label="Delete this session" variant="secondary" className="text-danger" onClick={onDelete}>
            <Trash2 aria-hidden />
          </IconButton>
        </div>
      </div>
    </header>
  );
}
