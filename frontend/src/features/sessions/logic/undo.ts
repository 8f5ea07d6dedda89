/** Deletions that wait a moment, so that they can be undone. Nothing has left the browser before the wait is over. */

export interface Scheduler {
  /** Call later; the answer takes it back. */
  after(milliseconds: number, call: () => void): () => void;
}

export const browserTimers: Scheduler = {
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => { clearTimeout(timer); };
  },
};

export interface UndoQueueOptions {
  /** Milliseconds from the moment that nobody can undo it any more until it is sent. */
  delay: number;
  /** Milliseconds until it is sent though it could still be undone. */
  longest: number;
  /** Delete for good. `leaving`: the page goes away, so the request must outlive it. */
  send: (ids: readonly string[], leaving: boolean) => Promise<void>;
  /** The hidden ids changed. */
  onChange: (hidden: ReadonlySet<string>) => void;
  /** It can no longer be undone. */
  onSending: (ids: readonly string[]) => void;
  onSent: (ids: readonly string[]) => void;
  onFailed: (ids: readonly string[], error: unknown) => void;
  timers?: Scheduler;
}

export interface Deletion {
  /** Take it back. False: it is too late. */
  undo: () => boolean;
  /** The chance to undo it is gone from the screen. */
  release: () => void;
}

interface Waiting {
  ids: readonly string[];
  stop: () => void;
}

const NOTHING: Deletion = { undo: () => false, release: () => undefined };

/** Ids are hidden from the moment they are added until they are back (undone, failed) or gone (sent). */
export class UndoQueue {
  private readonly waiting = new Set<Waiting>();
  private readonly hidden = new Set<string>();

  constructor(private readonly options: UndoQueueOptions) {}

  /** Hide these, and delete them a moment after `release`. */
  add(ids: readonly string[]): Deletion {
    const fresh = ids.filter((id) => !this.hidden.has(id));
    if (fresh.length === 0) return NOTHING;
    const entry: Waiting = { ids: fresh, stop: () => undefined };
    this.sendAfter(entry, this.options.longest);
    this.waiting.add(entry);
    for (const id of fresh) this.hidden.add(id);
    this.changed();
    return {
      undo: () => this.undo(entry),
      release: () => {
        if (this.waiting.has(entry)) this.sendAfter(entry, this.options.delay);
      },
    };
  }

  /** Send everything that waits, now: the page is being left. */
  flush(leaving = true): Promise<void> {
    return Promise.all([...this.waiting].map((entry) => this.send(entry, leaving))).then(() => undefined);
  }

  private sendAfter(entry: Waiting, milliseconds: number): void {
    entry.stop();
    entry.stop = (this.options.timers ?? browserTimers).after(milliseconds, () => void this.send(entry, false));
  }

  private undo(entry: Waiting): boolean {
    if (!this.waiting.delete(entry)) return false;
    entry.stop();
    this.show(entry.ids);
    return true;
  }

  private async send(entry: Waiting, leaving: boolean): Promise<void> {
    if (!this.waiting.delete(entry)) return;
    entry.stop();
    this.options.onSending(entry.ids);
    try {
      await this.options.send(entry.ids, leaving);
    } catch (error) {
      this.show(entry.ids);
      this.options.onFailed(entry.ids, error);
      return;
    }
    // First out of the caches, then no longer hidden: the other way round they would flash up again.
    this.options.onSent(entry.ids);
    this.show(entry.ids);
  }

  private show(ids: readonly string[]): void {
    for (const id of ids) this.hidden.delete(id);
    this.changed();
  }

  private changed(): void {
    this.options.onChange(new Set(this.hidden));
  }
}
