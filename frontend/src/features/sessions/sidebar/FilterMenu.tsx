import { ListFilter } from "lucide-react";

import {
  DropdownMenu,
  DropdownMenuCheckboxItem,
  DropdownMenuContent,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
  IconButton,
} from "@/components/ui";
import { cn } from "@/lib/cn";

import type { SidebarFilter } from "../data/queries";
import { useTags } from "../data/tags";
import { withTags } from "../logic/tags";

const ANY = "";

interface Props {
  filter: SidebarFilter;
  onChange: (filter: SidebarFilter) => void;
}

/** Which sessions the sidebar shows. */
export function FilterMenu({ filter, onChange }: Props) {
  const active = filter.archived || filter.tag !== undefined;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <IconButton label={active ? "Filter sessions (on)" : "Filter sessions"} size="sm" className={cn(active && "text-accent")}>
          <ListFilter aria-hidden />
        </IconButton>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        <DropdownMenuCheckboxItem checked={filter.archived} onCheckedChange={(archived) => onChange({ ...filter, archived })}>
          Archived
        </DropdownMenuCheckboxItem>
        <DropdownMenuSeparator />
        <DropdownMenuLabel>Tag</DropdownMenuLabel>
        <TagChoice filter={filter} onChange={onChange} />
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

/** It stands in the open menu only: before, nobody asks for the tags. */
function TagChoice({ filter, onChange }: Props) {
  const tags = withTags(useTags(), [filter.tag]);
  if (tags.length === 0) return <p className="max-w-48 px-2.5 pb-1.5 text-xs text-muted">Give sessions tags from their menu to find them here.</p>;
  return (
    <DropdownMenuRadioGroup value={filter.tag ?? ANY} onValueChange={(tag) => onChange({ ...filter, tag: tag === ANY ? undefined : tag })}>
      <DropdownMenuRadioItem value={ANY}>All</DropdownMenuRadioItem>
      {tags.map(({ tag, sessions }) => (
        <DropdownMenuRadioItem key={tag} value={tag}>
          <span className="min-w-0 flex-1 truncate">{tag}</span>
          {sessions > 0 && <span className="text-xs tabular-nums text-muted">{sessions}</span>}
        </DropdownMenuRadioItem>
      ))}
    </DropdownMenuRadioGroup>
  );
}
