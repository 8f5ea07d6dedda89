import { Archive, ArchiveRestore, Trash2, X } from "lucide-react";

import { Button, IconButton } from "@/components/ui";

import type { RowActions } from "./actions";
import type { Selection } from "./useSelection";

/** What is done with all that are chosen. */
export function BulkBar({ selection, actions, archived }: { selection: Selection; actions: RowActions; archived: boolean }) {
  const { selected, stop } = selection;
  const none = selected.length === 0;
  return (
    <div role="toolbar" aria-label="Selected sessions" className="flex items-center gap-1 rounded-lg border border-line bg-raised p-1">
      <span role="status" className="min-w-0 flex-1 truncate pl-2 text-xs text-muted">
        {selected.length} selected
      </span>
      <Button variant="ghost" size="sm" onClick={selection.all}>
        All
      </Button>
      <IconButton
        label={archived ? "Take the selected out of the archive" : "Archive the selected"}
        size="sm"
        disabled={none}
        onClick={() => {
          void actions.archive(selected, !archived);
          stop();
        }}
      >
        {archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
      </IconButton>
      <IconButton
        label="Delete the selected"
        size="sm"
        disabled={none}
        className="text-danger"
        onClick={() => {
          actions.remove(selected);
          stop();
        }}
      >
        <Trash2 aria-hidden />
      </IconButton>
      <IconButton label="Stop selecting" size="sm" onClick={stop}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
