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
import { useKnownTags } from "../data/tags";

const ANY = "";

/** Which sessions the sidebar shows. */
export function FilterMenu({ filter, onChange }: { filter: SidebarFilter; onChange: (filter: SidebarFilter) => void }) {
  const known = useKnownTags();
  const tags = filter.tag !== undefined && !known.includes(filter.tag) ? [filter.tag, ...known] : known;
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
        {tags.length === 0 ? (
          <p className="max-w-48 px-2.5 pb-1.5 text-xs text-muted">Give sessions tags from their menu to find them here.</p>
        ) : (
          <DropdownMenuRadioGroup value={filter.tag ?? ANY} onValueChange={(tag) => onChange({ ...filter, tag: tag === ANY ? undefined : tag })}>
            <DropdownMenuRadioItem value={ANY}>All</DropdownMenuRadioItem>
            {tags.map((tag) => (
              <DropdownMenuRadioItem key={tag} value={tag}>
                {tag}
              </DropdownMenuRadioItem>
            ))}
          </DropdownMenuRadioGroup>
        )}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
