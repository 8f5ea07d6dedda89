/** The messages of a session that the server has not taken yet, with their files. */
import type { Store } from "@/lib/store";

import { changed, first, joined, next, queueOf, restored, without, type Findings, type QueuedMessage } from "../logic/queue";
import { MessageFiles } from "./message-files";

export class Outbox {
  readonly messages: Store<readonly QueuedMessage[]>;
  private readonly files = new MessageFiles();

  constructor(session: string) {
    this.messages = queueOf(session);
  }

  get empty(): boolean {
    return this.messages.get().length === 0;
  }

  /** The one that is to be sent now, if any. */
  get next(): QueuedMessage | null {
    return next(this.messages.get());
  }

  /** The first message begins the session: on the server there is none before it. */
  get begins(): boolean {
    return this.messages.get()[0]?.begins === true;
  }

  add(message: QueuedMessage, files: readonly File[]): void {
    this.files.put(message.id, files);
    this.messages.set((queue) => [...queue, message]);
  }

  filesOf(id: string): readonly File[] {
    return this.files.of(id);
  }

  /** What was found at the opening of a page. `open`: none of them is on its way yet. */
  async restore(taken: Findings["taken"], open: () => boolean): Promise<void> {
    await this.files.restore(this.messages.get());
    const whole = (message: QueuedMessage): boolean => this.files.whole(message);
    if (open()) this.messages.set((queue) => restored(queue, Date.now(), { taken, whole }));
  }

  /** Puts a message before all others, ready to be sent. */
  first(id: string): void {
    this.messages.set((queue) => first(queue, id));
  }

  change(id: string, change: Partial<QueuedMessage>): void {
    this.messages.set((queue) => changed(queue, id, change));
  }

  /** The first message waits for a word of the reader's. */
  hold(): void {
    this.messages.set((queue) => queue.map((message, n) => (n === 0 ? { ...message, state: "held" } : message)));
  }

  /** Takes a message out, and answers its files. */
  drop(id: string): readonly File[] {
    this.messages.set((queue) => without(queue, id));
    return this.files.drop(id);
  }

  /** Empties the box: all texts as one, and all files. */
  empties(): { text: string; files: File[] } {
    const queue = this.messages.get();
    const files = queue.flatMap((message) => this.files.drop(message.id));
    this.messages.set([]);
    return { text: joined(...queue.map((message) => message.text)), files };
  }
}
