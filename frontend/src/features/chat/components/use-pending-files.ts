import { useState } from "react";

import { useStore } from "@/lib/store";

import type { PendingFile } from "../logic/attachments";
import type { DraftFiles } from "../logic/draft-files";

interface PendingFiles {
  files: readonly PendingFile[];
  /** Why some of those that were offered last cannot come along. */
  refusals: readonly string[];
  clearRefusals: () => void;
  add: (offered: readonly File[]) => void;
  remove: (id: string) => void;
  /** Empties the list and answers what was in it. */
  take: () => File[];
}

/** The files chosen for the message being typed. */
export function usePendingFiles(draft: DraftFiles): PendingFiles {
  const files = useStore(draft.store);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  return {
    files,
    refusals,
    clearRefusals: () => setRefusals([]),
    add: (offered) => void draft.add(offered).then(setRefusals),
    remove: (id) => draft.remove(id),
    take: () => {
      setRefusals([]);
      return draft.take();
    },
  };
}
