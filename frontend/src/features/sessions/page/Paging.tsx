import { ChevronLeft, ChevronRight } from "lucide-react";

import { IconButton, Select } from "@/components/ui";

import { PAGE_SIZES, type SessionsSearch } from "../logic/filters";

interface Props {
  search: SessionsSearch;
  shown: number;
  total: number;
  pages: number;
  onChange: (change: Record<string, unknown>) => void;
}

export function Paging({ search, shown, total, pages, onChange }: Props) {
  const page = search.page ?? 1;
  const size = search.size ?? PAGE_SIZES[0];
  const first = (page - 1) * size + 1;
  return (
    <nav aria-label="Pages of the list" className="flex flex-wrap items-center justify-end gap-3 py-3 text-sm">
      <Select aria-label="Rows on a page" className="w-auto" value={size} onChange={(event) => onChange({ size: Number(event.target.value) })}>
        {PAGE_SIZES.map((one) => (
          <option key={one} value={one}>
            {one} rows
          </option>
        ))}
      </Select>
      <span role="status" className="tabular-nums text-muted">
        {shown === 0 ? "0" : `${first}–${Math.min(first + shown - 1, total)}`} of {total}
      </span>
      <span className="flex gap-1">
        <IconButton label="Previous page" disabled={page <= 1} onClick={() => onChange({ page: page - 1 })}>
          <ChevronLeft aria-hidden />
        </IconButton>
        <IconButton label="Next page" disabled={page >= pages} onClick={() => onChange({ page: page + 1 })}>
          <ChevronRight aria-hidden />
        </IconButton>
      </span>
    </nav>
  );
}
