import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useId, useMemo, useState, type KeyboardEvent } from "react";

import { Dialog, ErrorCard, Kbd, ListOption, Shortcut, Spinner } from "@/components/ui";
import { SearchHitRow, useSearchHits } from "@/features/sessions";
import { api, unwrap } from "@/lib/api";
import { matching, useKnownCommands, type Command } from "@/lib/commands";

import { chatsWith } from "./commands";
import { palette } from "./palette-state";

/** Commands, pages, agents, and every session in which the words are found: one list, one pair of arrow keys. */
export default function Palette() {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const navigate = useNavigate();
  const { data: agents } = useQuery({ queryKey: ["agents"], queryFn: () => unwrap(api.GET("/agents")), staleTime: 60_000 });
  const known = useKnownCommands();
  const commands = useMemo(() => matching([...(known ?? []), ...chatsWith(navigate, agents ?? [])], query), [known, navigate, agents, query]);
  const { hits, searching, error, retry } = useSearchHits(query);
  const count = commands.length + hits.length;
  const chosen = Math.min(active, Math.max(0, count - 1));

  const close = (): void => palette.set(false);
  const run = (index: number): void => {
    const command = commands[index];
    const hit = hits[index - commands.length];
    if (!command && !hit) return;
    close();
    if (command) command.run();
    else if (hit) void navigate({ to: "/chat/$sessionId", params: { sessionId: hit.session_id } });
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: count - 1 }[event.key];
    if (event.key === "Enter") run(chosen);
    else if (to === undefined || count === 0 || ((event.key === "Home" || event.key === "End") && query !== "")) return;
    else setActive((to + count) % count);
    event.preventDefault();
  };

  return (
    <Dialog open hideTitle title="Search and commands" onClose={close} className="mt-[12dvh] w-[min(40rem,calc(100vw-2rem))]">
      <div className="-m-5 flex max-h-[70dvh] flex-col">
        <div className="flex items-center gap-3 border-b border-line px-4">
          <Search aria-hidden className="size-4 shrink-0 text-muted" />
          <input
            role="combobox"
            aria-label="Search sessions and commands"
            aria-expanded={count > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={count > 0 ? `${id}-${chosen}` : undefined}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            ref={focusOnce}
            value={query}
            placeholder="Search sessions, or type a command"
            className="h-13 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-muted"
            onChange={(event) => {
              setQuery(event.target.value);
              setActive(0);
            }}
            onKeyDown={onKey}
          />
          {searching && <Spinner label={null} />}
          <Kbd keys="escape" className="pointer-coarse:hidden" />
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto p-2">
          <div role="listbox" id={`${id}-list`} aria-label="Commands and sessions" aria-busy={searching}>
            {commands.map((command, index) => (
              <CommandRow key={command.name} id={`${id}-${index}`} command={command} active={index === chosen} onActivate={() => setActive(index)} onRun={() => run(index)} />
            ))}
            {hits.map((hit, index) => {
              const place = commands.length + index;
              return (
                <SearchHitRow key={hit.session_id} id={`${id}-${place}`} hit={hit} active={place === chosen} onOpen={() => run(place)} onActivate={() => setActive(place)} />
              );
            })}
          </div>
          {error ? <ErrorCard error={error} onRetry={retry} /> : count === 0 && !searching && <p className="p-6 text-center text-sm text-muted">Nothing found. Try fewer or other words.</p>}
        </div>
        <p role="status" className="sr-only">
          {searching ? "Searching" : `${count} found`}
        </p>
      </div>
    </Dialog>
  );
}

/** Once it is there: a dialog's own choice would be its first button. */
function focusOnce(input: HTMLInputElement | null): void {
  requestAnimationFrame(() => input?.focus());
}

interface RowProps {
  id: string;
  command: Command;
  active: boolean;
  onActivate: () => void;
  onRun: () => void;
}

function CommandRow({ id, command, active, onActivate, onRun }: RowProps) {
  return (
    <ListOption
      id={id}
      active={active}
      onChoose={onRun}
      onActivate={onActivate}
      className="min-h-9 items-center [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted"
    >
      {command.icon}
      <span className="min-w-0 flex-1 truncate">{command.name}</span>
      {command.keys !== undefined && (
        <span aria-hidden className="pointer-coarse:hidden">
          <Shortcut keys={command.keys} />
        </span>
      )}
    </ListOption>
  );
}
