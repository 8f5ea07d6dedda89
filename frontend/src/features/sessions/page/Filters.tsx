import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { Button, Checkbox, Input, Select } from "@/components/ui";

import { agentList } from "../data/queries";
import { useTags } from "../data/tags";
import { isFiltered, type SessionsSearch } from "../logic/filters";
import { withTags } from "../logic/tags";

const DEBOUNCE = 250;

interface Props {
  search: SessionsSearch;
  onChange: (change: Record<string, unknown>, replace?: boolean) => void;
}

const NOTHING = { q: undefined, agent: undefined, tag: undefined, archived: undefined, running: undefined };

export function Filters({ search, onChange }: Props) {
  const { data: agents } = useQuery(agentList());
  const tags = withTags(useTags(), [search.tag]);
  return (
    <div role="search" className="flex flex-wrap items-center gap-2">
      <TitleSearch value={search.q ?? ""} onChange={(q) => onChange({ q }, true)} />
      <Select aria-label="Agent" className="w-auto max-w-44" value={search.agent ?? ""} onChange={(event) => onChange({ agent: event.target.value })}>
        <option value="">All agents</option>
        {agents?.map((agent) => (
          <option key={agent.id} value={agent.id}>
            {agent.name}
          </option>
        ))}
      </Select>
      <Select aria-label="Tag" className="w-auto max-w-40" value={search.tag ?? ""} onChange={(event) => onChange({ tag: event.target.value })}>
        <option value="">All tags</option>
        {tags.map(({ tag, sessions }) => (
          <option key={tag} value={tag}>
            {sessions > 0 ? `${tag} (${sessions})` : tag}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Order"
        className="w-auto"
        value={`${search.sort ?? "updated_at"} ${search.order ?? "desc"}`}
        onChange={(event) => {
          const [sort, order] = event.target.value.split(" ");
          onChange({ sort, order });
        }}
      >
        <option value="updated_at desc">Last used first</option>
        <option value="updated_at asc">Last used last</option>
        <option value="created_at desc">Newest first</option>
        <option value="created_at asc">Oldest first</option>
      </Select>
      <Checkbox label="Archived" checked={search.archived ?? false} onChange={(event) => onChange({ archived: event.target.checked })} />
      <Checkbox label="Running" checked={search.running ?? false} onChange={(event) => onChange({ running: event.target.checked })} />
      {isFiltered(search) && (
        <Button variant="ghost" size="sm" onClick={() => onChange(NOTHING)}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

/** What is typed goes into the address when the typing rests; an address that changes otherwise is shown. */
function TitleSearch({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  if (value !== shown) {
    setShown(value);
    if (value !== text.trim()) setText(value);
  }
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => latest.current(text.trim()), DEBOUNCE);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <div className="relative min-w-48 flex-1">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted" />
      <Input type="search" value={text} maxLength={200} onChange={(event) => setText(event.target.value)} aria-label="Search titles" placeholder="Search titles" className="pl-9" />
    </div>
  );
}
