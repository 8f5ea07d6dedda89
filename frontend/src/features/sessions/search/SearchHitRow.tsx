import { MessageSquare } from "lucide-react";

import { ListOption } from "@/components/ui";
import type { SearchHit } from "@/lib/api/types";
import { timeAgo } from "@/lib/format";

import { Highlighted } from "./Highlighted";

interface Props {
  /** The option's id, for the list's aria-activedescendant. */
  id: string;
  hit: SearchHit;
  active: boolean;
  onOpen: (hit: SearchHit) => void;
  onActivate?: () => void;
}

/** One found session in a list box: its title, and the places in its text. */
export function SearchHitRow({ id, hit, active, onOpen, onActivate }: Props) {
  return (
    <ListOption id={id} active={active} onChoose={() => onOpen(hit)} onActivate={onActivate} className="py-2">
      <MessageSquare aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate font-medium">
            <Highlighted text={hit.session_name} ranges={hit.title_ranges} />
          </span>
          <span className="shrink-0 text-xs text-muted">{timeAgo(hit.updated_at)}</span>
        </div>
        {hit.snippets.slice(0, 2).map((snippet) => (
          <p key={`${snippet.run_id} ${snippet.role}`} className="mt-0.5 line-clamp-2 break-words text-muted">
            <span className="sr-only">{snippet.role === "user" ? "You: " : "Answer: "}</span>
            <Highlighted text={snippet.text} ranges={snippet.ranges} />
          </p>
        ))}
      </div>
    </ListOption>
  );
}
