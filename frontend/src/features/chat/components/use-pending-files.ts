import { useCallback, useEffect, useRef, useState } from "react";

import { admitted, isImage, prepared, type PendingFile } from "../logic/attachments";
import { newId } from "../logic/ids";

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
export function usePendingFiles(): PendingFiles {
  const [files, setFiles] = useState<readonly PendingFile[]>([]);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  const latest = useRef(files);
  const change = useCallback((next: readonly PendingFile[]) => {
    latest.current = next;
    setFiles(next);
  }, []);
  useEffect(() => () => latest.current.forEach(release), []);

  const add = useCallback(
    async (offered: readonly File[]) => {
      const smaller = await Promise.all(offered.map(prepared));
      const { files: fit, refusals: refused } = admitted(
        latest.current.map((one) => one.file),
        smaller,
      );
      setRefusals(refused);
      const made = fit.map((file) => ({ id: newId("fil"), file, thumbnail: isImage(file.type) ? URL.createObjectURL(file) : null }));
      change([...latest.current, ...made]);
    },
    [change],
  );
  const remove = useCallback(
    (id: string) => {
      latest.current.filter((one) => one.id === id).forEach(release);
      change(latest.current.filter((one) => one.id !== id));
    },
    [change],
  );
  const take = useCallback(() => {
    const taken = latest.current;
    taken.forEach(release);
    change([]);
    setRefusals([]);
    return taken.map((one) => one.file);
  }, [change]);
  return { files, refusals, clearRefusals: () => setRefusals([]), add: (offered) => void add(offered), remove, take };
}

function release(file: PendingFile): void {
  if (file.thumbnail !== null) URL.revokeObjectURL(file.thumbnail);
}
