import { keepFiles, keptFiles } from "@/lib/kept-files";

import type { QueuedMessage } from "../logic/queue";

/** The files of messages that the server has not taken yet, by message; also after a reload. */
export class MessageFiles {
  private readonly here = new Map<string, readonly File[]>();

  of(message: string): readonly File[] {
    return this.here.get(message) ?? [];
  }

  put(message: string, files: readonly File[]): void {
    if (files.length === 0) return;
    this.here.set(message, files);
    void keepFiles(message, files);
  }

  drop(message: string): readonly File[] {
    const files = this.of(message);
    if (this.here.delete(message)) void keepFiles(message, []);
    return files;
  }

  /** Looks for those of messages that were entered before this page was loaded. */
  async restore(queue: readonly QueuedMessage[]): Promise<void> {
    for (const { id, files } of queue) {
      if (files === 0 || this.here.has(id)) continue;
      const kept = await keptFiles(id);
      if (kept.length === files) this.here.set(id, kept);
    }
  }

  whole(message: QueuedMessage): boolean {
    return this.of(message.id).length === message.files;
  }
}
