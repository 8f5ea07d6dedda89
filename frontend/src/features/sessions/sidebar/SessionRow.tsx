import { Link } from "@tanstack/react-router";
import { Link2 } from "lucide-react";
import { type KeyboardEvent, memo, useRef, useState } from "react";

import { Spinner } from "@/components/ui";
import type { Session } from "@/lib/api/types";
import { cn } from "@/lib/cn";

import type { RowActions } from "./actions";
import { RenameField } from "./RenameField";
import { SessionMenu } from "./SessionMenu";
import { pointing } from "./useHover";

interface Props {
  session: Session;
  open: boolean;
  /** The one row of the list that Tab reaches. */
  reachable: boolean;
  actions: RowActions;
  onFocus: (id: string) => void;
  onOpen: (() => void) | undefined;
  onHover: (id: string | null) => void;
  onSelect: (id: string) => void;
}

export const SessionRow = memo(function SessionRow({ session, open, reachable, actions, onFocus, onOpen, onHover, onSelect }: Props) {
  const [renaming, setRenaming] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  const id = session.session_id;
  const tabIndex = reachable ? 0 : -1;
  const pointed = pointing(id, onHover);

  const stopRenaming = (name: string | null, by: "key" | "blur"): void => {
    setRenaming(false);
    if (name !== null) void actions.rename(session, name);
    if (by === "key") requestAnimationFrame(() => item.current?.querySelector("a")?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "F2") setRenaming(true);
    else if (event.key === "Delete") {
      if (!moveFocus(item.current, "ArrowDown")) moveFocus(item.current, "ArrowUp");
      actions.remove([session]);
    } else if (!moveFocus(item.current, event.key)) return;
    event.preventDefault();
  };

  return (
    <li ref={item} data-session-row={id} className={cn("group/row relative flex min-h-9 items-center rounded-lg pointer-coarse:min-h-11", open ? "bg-accent-soft" : "hover:bg-line/50")}>
      {renaming ? (
        <RenameField name={session.session_name} onDone={stopRenaming} />
      ) : (
        <>
          <Link
            to="/chat/$sessionId"
            params={{ sessionId: id }}
            tabIndex={tabIndex}
            aria-current={open ? "page" : undefined}
            aria-keyshortcuts="F2 Delete"
            onKeyDown={onKeyDown}
            {...pointed}
            onFocus={(event) => {
              onFocus(id);
              pointed.onFocus(event);
            }}
            onDoubleClick={() => setRenaming(true)}
            onClick={onOpen}
            className="flex min-h-9 min-w-0 flex-1 items-center gap-2 rounded-lg pr-9 pl-2.5 text-sm pointer-coarse:min-h-11 pointer-coarse:pr-12"
          >
            <span className={cn("min-w-0 flex-1 truncate", session.unread && !open && "font-semibold")}>{session.session_name}</span>
            <Marks session={session} open={open} />
          </Link>
          <SessionMenu
            session={session}
            actions={actions}
            onRename={() => setRenaming(true)}
            onSelect={() => onSelect(id)}
            tabIndex={tabIndex}
            className="absolute right-1 opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100 pointer-coarse:right-0 pointer-coarse:opacity-100"
          />
        </>
      )}
    </li>
  );
});

function Marks({ session, open }: { session: Session; open: boolean }) {
  return (
    <>
      {session.shared && (
        <>
          <Link2 aria-hidden className="size-3.5 shrink-0 text-muted" />
          <span className="sr-only">, shared</span>
        </>
      )}
      {session.running ? (
        <>
          <Spinner label={null} className="shrink-0 text-accent" />
          <span className="sr-only">, running</span>
        </>
      ) : (
        session.unread &&
        !open && (
          <>
            <span aria-hidden className="size-2 shrink-0 rounded-full bg-accent" />
            <span className="sr-only">, unread</span>
          </>
        )
      )}
    </>
  );
}

/** Move the focus to another row of the list. Whether there was one. */
function moveFocus(from: Element | null, key: string): boolean {
  const list = from?.closest("[data-session-list]");
  if (!from || !list) return false;
  const rows = [...list.querySelectorAll("[data-session-row]")];
  const at = rows.indexOf(from);
  const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
  const target = targets[key];
  const link = target === undefined ? null : rows[target]?.querySelector<HTMLElement>("a");
  link?.focus();
  return Boolean(link);
}
