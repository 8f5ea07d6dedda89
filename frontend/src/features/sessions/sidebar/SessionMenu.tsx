import { Archive, ArchiveRestore, Ellipsis, FileDown, GitFork, ListChecks, Pencil, Pin, PinOff, Share2, Tag, Trash2 } from "lucide-react";

import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
  IconButton,
} from "@/components/ui";
import type { Session } from "@/lib/api/types";
import { cn } from "@/lib/cn";

import type { RowActions } from "./actions";

interface Props {
  session: Session;
  actions: RowActions;
  onRename?: () => void;
  onSelect?: () => void;
  tabIndex?: number;
  className?: string;
}

/** What can be done with a session. */
export function SessionMenu({ session, actions, onRename, onSelect, tabIndex, className }: Props) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <IconButton label={`Actions for ${session.session_name}`} size="sm" tabIndex={tabIndex} className={cn("data-[state=open]:opacity-100", className)}>
          <Ellipsis aria-hidden />
        </IconButton>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        {onRename && (
          <DropdownMenuItem icon={<Pencil aria-hidden />} onSelect={onRename}>
            Rename
          </DropdownMenuItem>
        )}
        <DropdownMenuItem icon={session.pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />} onSelect={() => void actions.pin(session, !session.pinned)}>
          {session.pinned ? "Unpin" : "Pin"}
        </DropdownMenuItem>
        <DropdownMenuItem
          icon={session.archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
          onSelect={() => void actions.archive([session], !session.archived)}
        >
          {session.archived ? "Take out of the archive" : "Archive"}
        </DropdownMenuItem>
        <DropdownMenuItem icon={<Tag aria-hidden />} onSelect={() => actions.editTags(session)}>
          Tags…
        </DropdownMenuItem>
        {actions.share && (
          <DropdownMenuItem icon={<Share2 aria-hidden />} onSelect={() => actions.share?.(session)}>
            Share…
          </DropdownMenuItem>
        )}
        {session.runs > 0 && (
          <DropdownMenuItem icon={<GitFork aria-hidden />} onSelect={() => actions.fork(session)}>
            Fork
          </DropdownMenuItem>
        )}
        <DropdownMenuItem icon={<FileDown aria-hidden />} onSelect={() => actions.exportAs(session, "markdown")}>
          Export as Markdown
        </DropdownMenuItem>
        <DropdownMenuItem icon={<FileDown aria-hidden />} onSelect={() => actions.exportAs(session, "json")}>
          Export as JSON
        </DropdownMenuItem>
        {onSelect && (
          <DropdownMenuItem icon={<ListChecks aria-hidden />} onSelect={onSelect}>
            Select
          </DropdownMenuItem>
        )}
        <DropdownMenuSeparator />
        <DropdownMenuItem danger icon={<Trash2 aria-hidden />} onSelect={() => actions.remove([session])}>
          Delete
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
