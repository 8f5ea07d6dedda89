/** Files chosen for a message that is being typed. Like its text they belong to the session, and survive a reload. */
import { keepFiles, keptFiles } from "@/lib/kept-files";
import { createStore, type Store } from "@/lib/store";

import { admitted, isImage, prepared, type PendingFile } from "./attachments";
import { newId } from "./ids";

const known = new Map<string, DraftFiles>();

/** Those of a session's draft: the same object for as long as the page lives. */
export function draftFilesOf(session: string): DraftFiles {
  const files = known.get(session) ?? new DraftFiles(`draft.${session}`);
  known.set(session, files);
  return files;
}

export class DraftFiles {
  readonly store: Store<readonly PendingFile[]> = createStore<readonly PendingFile[]>([]);
  private readonly restored: Promise<void>;

  constructor(private readonly name: string) {
    this.restored = this.restore();
  }

  private async restore(): Promise<void> {
    const files = await keptFiles(this.name);
    if (files.length > 0) this.store.set(files.map(pending));
  }

  /** Answers a sentence for each file that cannot come along. */
  async add(offered: readonly File[]): Promise<string[]> {
    const [smaller] = await Promise.all([Promise.all(offered.map(prepared)), this.restored]);
    const { files, refusals } = admitted(this.list(), smaller);
    if (files.length > 0) this.change([...this.store.get(), ...files.map(pending)]);
    return refusals;
  }

  /** Puts files before the others that were in a message already: none of them is refused. */
  giveBack(files: readonly File[]): void {
    if (files.length > 0) void this.restored.then(() => this.change([...files.map(pending), ...this.store.get()]));
  }

  remove(id: string): void {
    this.store.get().filter((one) => one.id === id).forEach(release);
    this.change(this.store.get().filter((one) => one.id !== id));
  }

  /** Empties the list and answers what was in it. */
  take(): File[] {
    const taken = this.store.get();
    taken.forEach(release);
    if (taken.length > 0) this.change([]);
    return taken.map((one) => one.file);
  }

  private list(): File[] {
    return this.store.get().map((one) => one.file);
  }

  private change(next: readonly PendingFile[]): void {
    this.store.set(next);
    void keepFiles(this.name, this.list());
  }
}

function pending(file: File): PendingFile {
  return { id: newId("fil"), file, thumbnail: isImage(file.type) ? URL.createObjectURL(file) : null };
}

function release(file: PendingFile): void {
  if (file.thumbnail !== null) URL.revokeObjectURL(file.thumbnail);
}
