/**
 * One session as this page knows it: its runs, the run under way, and the messages that wait. It lives outside React, so that an answer
 * goes on while another page is looked at, and a change of route loses nothing.
 */
import { ApiError } from "@/lib/api";
import type { Feedback } from "@/lib/api/types";
import { stored } from "@/lib/storage";
import { createStore, type Store } from "@/lib/store";

import { draftFilesOf, type DraftFiles } from "../logic/draft-files";
import { newId } from "../logic/ids";
import { changed, draftOf, first, joined, next, queueOf, restored, without, type QueuedMessage } from "../logic/queue";
import type { RunSource } from "../logic/stream";
import { parentAtEnd, placeOf, ROOT, visibleBranch, type Choices } from "../logic/thread";
import { LiveRun } from "./live-run";
import { MessageFiles } from "./message-files";
import { continueRun, fileOf, giveFeedback, PAGE, readEvents, readRuns, sendRun } from "./requests";
import { isOpen, merged, unsentRun, type ConversationState, type ThreadRun } from "./state";

export interface Message {
  text: string;
  files: readonly File[];
  agentId: string;
  /** As in QueuedMessage. */
  parent?: string | null;
}

export class Conversation {
  readonly state: Store<ConversationState>;
  readonly queue: Store<readonly QueuedMessage[]>;
  private onChange: (change: "taken" | "ended") => void = () => undefined;
  private readonly choices: Store<Choices>;
  private readonly files = new MessageFiles();
  private live: LiveRun | null = null;
  private refreshing: Promise<void> | null = null;

  constructor(
    readonly id: string,
    fresh: boolean,
    private readonly readFirst: () => ReturnType<typeof readRuns> = () => readRuns(id, null),
  ) {
    this.queue = queueOf(id);
    this.choices = stored<Choices>(`chat.branch.${id}`, {});
    const phase = fresh ? "new" : "loading";
    this.state = createStore<ConversationState>({ phase, error: null, runs: [], older: false, loadingOlder: false, choices: this.choices.get(), anchored: null });
    if (!fresh) void this.load();
  }

  /** What is typed and not yet sent; that of a chat without a message belongs to the next new chat. */
  get draft(): Store<string> {
    return draftOf(this.begun ? this.id : "new");
  }

  get draftFiles(): DraftFiles {
    return draftFilesOf(this.begun ? this.id : "new");
  }

  /** Something was said here, or is about to be. */
  get begun(): boolean {
    return this.state.get().phase !== "new" || this.queue.get().length > 0;
  }

  get busy(): boolean {
    return this.live !== null || this.queue.get().length > 0;
  }

  /** `listener` hears when a run was taken and when it ended, also after its page was left: lists and titles elsewhere have changed. */
  watch(listener: (change: "taken" | "ended") => void): void {
    this.onChange = listener;
  }

  async load(): Promise<void> {
    this.update({ phase: "loading", error: null });
    await this.refresh();
    const { phase, runs } = this.state.get();
    if (phase !== "ready") return;
    const taken = (message: QueuedMessage): boolean => runs.some((run) => run.message === message.text && run.createdAt >= message.at - 60_000);
    const whole = (message: QueuedMessage): boolean => this.files.whole(message);
    await this.files.restore(this.queue.get());
    if (!this.live) this.queue.set((queue) => restored(queue, Date.now(), { taken, whole }));
    this.pump();
  }

  /** Brings the last page up to date and attaches to a run that is under way: started in another tab, on another device, or before a reload. */
  refresh(): Promise<void> {
    this.refreshing ??= this.readLast().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async readLast(): Promise<void> {
    const { phase } = this.state.get();
    // A run without a name yet would come back under another.
    if (phase === "new" || (this.live && this.live.run === null)) return;
    try {
      const page = await (phase === "loading" ? this.readFirst() : readRuns(this.id, null));
      const runs = merged(this.state.get().runs, page.runs, this.live?.key ?? null);
      const older = phase === "ready" && runs.length > PAGE ? this.state.get().older : page.older;
      this.update({ phase: "ready", error: null, runs, older });
      this.attach();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.missed();
      else if (phase === "loading") this.update({ phase: "failed", error });
    }
  }

  /** The server has no such session: not yet, while its first message is not taken; else it was deleted, and what was not sent goes back into the box. */
  private missed(): void {
    if (this.queue.get()[0]?.begins) {
      this.update({ phase: "ready", error: null });
      return;
    }
    const queue = this.queue.get();
    const { draft, draftFiles } = this;
    draft.set((typed) => joined(...queue.map((message) => message.text), typed));
    draftFiles.giveBack(queue.flatMap((message) => this.files.drop(message.id)));
    this.queue.set([]);
    this.update({ phase: "missing" });
  }

  async loadOlder(): Promise<void> {
    const { older, loadingOlder, runs } = this.state.get();
    const before = runs.find((run) => run.id !== null)?.id;
    if (!older || loadingOlder || !before) return;
    this.update({ loadingOlder: true });
    try {
      const page = await readRuns(this.id, before);
      this.update({ runs: merged(this.state.get().runs, page.runs, this.live?.key ?? null), older: page.older, loadingOlder: false });
    } catch {
      // The reader scrolls again, and so it is tried again.
      this.update({ loadingOlder: false });
    }
  }

  submit(message: Message): void {
    const queued: QueuedMessage = {
      id: newId("msg"),
      text: message.text,
      agentId: message.agentId,
      parent: message.parent ?? null,
      at: Date.now(),
      files: message.files.length,
      begins: !this.begun,
      state: "waiting",
    };
    this.files.put(queued.id, message.files);
    this.queue.set((queue) => [...queue, queued]);
    this.pump(true);
  }

  /** The same message in the same place once more, with another text when it was edited. */
  async again(run: ThreadRun, text: string = run.message): Promise<void> {
    const files = await Promise.all(run.files.map(fileOf));
    this.submit({ text, files, agentId: run.agentId, parent: run.parent ?? ROOT });
  }

  /** Takes up a run that failed or was stopped; when another one follows it by now, as a new run beside it. */
  retry(run: ThreadRun): void {
    if (run.status === "unsent") {
      this.remove(run.key);
      this.queue.set((queue) => first(queue, run.key));
      this.pump();
      return;
    }
    const { id } = run;
    if (id === null || this.live) return;
    const last = this.state.get().runs.findLast((one) => one.id !== null);
    if (last?.id !== id) {
      void this.again(run);
      return;
    }
    const key = newId("try");
    this.follow(run.key, null, run.agentId, (signal) => continueRun(run.agentId, this.id, id, key, signal));
  }

  /** A message that was not taken goes out of the thread and back into the box, with its files. */
  takeBack(key: string): void {
    const run = this.state.get().runs.find((one) => one.key === key);
    this.remove(key);
    this.queue.set((queue) => without(queue, key));
    // Without any other it is a new chat again.
    if (this.state.get().runs.length === 0 && this.queue.get().length === 0) this.update({ phase: "new" });
    this.draft.set((typed) => joined(run?.message ?? "", typed));
    this.draftFiles.giveBack(this.files.drop(key));
    this.pump();
  }

  stop(): void {
    void this.live?.stop();
  }

  choose(place: string, run: string): void {
    this.setChoices({ ...this.choices.get(), [place]: run });
  }

  async rate(run: ThreadRun, feedback: Feedback | null): Promise<void> {
    if (run.id === null) return;
    const before = run.feedback;
    this.patch(run.key, { feedback });
    try {
      await giveFeedback(this.id, run.id, feedback);
    } catch (error) {
      this.patch(run.key, { feedback: before });
      throw error;
    }
  }

  sendNow(id: string): void {
    this.queue.set((queue) => first(queue, id));
    if (this.live) this.stop();
    else this.pump();
  }

  reword(id: string, text: string): void {
    this.queue.set((queue) => changed(queue, id, { text }));
  }

  dismiss(id: string): void {
    this.files.drop(id);
    this.queue.set((queue) => without(queue, id));
    this.pump();
  }

  private pump(direct = false): void {
    const { phase } = this.state.get();
    const message = next(this.queue.get());
    if (this.live || !message || (phase !== "new" && phase !== "ready")) return;
    this.queue.set((queue) => changed(queue, message.id, { state: "sending" }));
    const { runs, choices } = this.state.get();
    const files = this.files.of(message.id);
    const parent = message.parent ?? parentAtEnd(visibleBranch(runs, choices), runs);
    const run = unsentRun(message, parent === ROOT ? null : parent, files, Date.now());
    // The newest run of a place is shown unless an older one was chosen there.
    this.setChoices(Object.fromEntries(Object.entries(choices).filter(([place]) => place !== placeOf(run))));
    this.update({ phase: "ready", runs: [...runs, run], anchored: { key: run.key, direct } });
    const sending = { agentId: message.agentId, sessionId: this.id, text: message.text, parent, files, key: message.id };
    this.follow(run.key, null, run.agentId, async (signal, onUpload) => {
      await this.refreshing;
      return sendRun(sending, signal, onUpload);
    });
  }

  private attach(): void {
    const open = this.state.get().runs.find((run) => run.id !== null && isOpen(run.status));
    if (!this.live && open) this.follow(open.key, open.id, open.agentId, null);
  }

  private follow(key: string, run: string | null, agent: string, send: RunSource["send"]): void {
    const known = this.state.get().runs.find((one) => one.key === key);
    const source = { run, send, events: (id: string, after: number, signal: AbortSignal) => readEvents(agent, this.id, id, after, signal) };
    this.live = new LiveRun(
      { key, agent, session: this.id, before: known?.id != null ? known.answer : null },
      {
        change: (change) => this.patch(key, change),
        taken: () => {
          this.files.drop(key);
          this.queue.set((queue) => without(queue, key));
          this.onChange("taken");
        },
        ended: (end) => this.ended(key, end),
        withdrawn: () => {
          this.live = null;
          this.takeBack(key);
        },
      },
    );
    void this.live.begin(source);
  }

  private ended(key: string, end: ThreadRun["status"]): void {
    this.live = null;
    if (end === "unsent") this.queue.set((queue) => changed(queue, key, { state: "failed" }));
    // After a failure the reader decides what of the rest is still meant.
    if (end === "failed") this.queue.set((queue) => queue.map((message, n) => (n === 0 ? { ...message, state: "held" } : message)));
    this.onChange("ended");
    this.attach();
    this.pump();
    // A refusal may mean that the session was deleted elsewhere.
    const refused = this.state.get().runs.find((run) => run.key === key)?.answer.problem?.kind;
    if (refused === "not_found" || refused === "unprocessable") void this.refresh();
  }

  private setChoices(choices: Choices): void {
    this.choices.set(choices);
    this.update({ choices });
  }

  private remove(key: string): void {
    this.update({ runs: this.state.get().runs.filter((run) => run.key !== key) });
  }

  private patch(key: string, change: Partial<ThreadRun>): void {
    this.update({ runs: this.state.get().runs.map((run) => (run.key === key ? { ...run, ...change } : run)) });
  }

  private update(change: Partial<ConversationState>): void {
    this.state.set((state) => ({ ...state, ...change }));
  }
}
