import { SearchX } from "lucide-react";

import { EmptyState, ErrorCard, Skeleton } from "@/components/ui";
import type { SearchHit } from "@/lib/api/types";

import { SearchHitRow } from "./SearchHitRow";
import { useSearchHits } from "./useSearchHits";

interface Props {
  query: string;
  /** The id of the list box: rows are `${id}-0`, `${id}-1`, … for the input's aria-activedescendant. */
  id: string;
  activeIndex: number;
  onActiveIndex?: (index: number) => void;
  onOpen: (hit: SearchHit) => void;
}

/** The sessions in which something is found, as a list box. The input that owns it moves `activeIndex`. */
export function SearchResults({ query, id, activeIndex, onActiveIndex, onOpen }: Props) {
  const { hits, searching, error, retry } = useSearchHits(query);
  if (query.trim() === "") return null;
  if (error && hits.length === 0) return <ErrorCard error={error} onRetry={retry} className="m-2" />;
  if (hits.length === 0) {
    return searching ? <HitSkeletons /> : <EmptyState icon={<SearchX />} title="Nothing found" text="Titles and messages are searched. Try fewer or other words." />;
  }
  return (
    <div role="listbox" id={id} aria-label="Found sessions" aria-busy={searching}>
      {hits.map((hit, index) => (
        <SearchHitRow
          key={hit.session_id}
          id={`${id}-${index}`}
          hit={hit}
          active={index === activeIndex}
          onOpen={onOpen}
          onActivate={() => onActiveIndex?.(index)}
        />
      ))}
    </div>
  );
}

function HitSkeletons() {
  return (
    <div aria-busy="true" className="flex flex-col gap-4 px-3 py-2">
      {["w-2/5", "w-3/5", "w-1/2"].map((width) => (
        <div key={width} className="flex flex-col gap-1.5">
          <Skeleton className={`h-4 ${width}`} />
          <Skeleton className="h-3 w-4/5" />
        </div>
      ))}
    </div>
  );
}
