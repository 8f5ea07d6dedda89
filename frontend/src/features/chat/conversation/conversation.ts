/**
 * One session as this page knows it: its runs, the run under way, and the messages that wait. It lives outside React, so that an answer
 * goes on while another page is looked at, and a change of route loses nothing.
 */
import { ApiError } from "@/lib/api";
import type { Feedback } from "@/lib/api/types";
import { createStore, type Store } from "@/lib/store";

import { draftFilesOf, type DraftFiles } from "../logic/draft-files";
import { newId } from "../logic/ids";
import { draftOf, joined, type QueuedMessage } from "../logic/queue";
import type { RunSource } from "../logic/stream";
import { ROOT } from "../logic/thread";
import { KnownRuns } from "./known-runs";
import { LiveRun } from "./live-run";
import { Outbox } from "./outbox";
import { continueRun, fileOf, readEvents, readRuns, sendRun } from "./requests";
import { isOpen, unsentRun, type ConversationState, type ThreadRun } from "./state";

export interface Message {
  text: string;
  files: readonly File[];
  agentId: string;
  /** As in QueuedMessage. */
  parent?: string | null;
}

export class Conversation {
  /** Whom the next message is for, when the reader said so; null: the agent of the chat. */
  readonly picked = createStore<string | null>(null);
  private onChange: (change: "taken" | "ended") => void = () => undefined;
  private readonly known: KnownRuns;
  private readonly outbox: Outbox;
  private live: LiveRun | null = null;
  private refreshing: Promise<void> | null = null;

  constructor(
    readonly id: string,
    fresh: boolean,
    private readonly readFirst: () => ReturnType<typeof readRuns> = () => readRuns(id, null),
  ) {
    this.outbox = new Outbox(id);
    this.known = new KnownRuns(id, fresh ? "new" : "loading");
    if (!fresh) void this.load();
  }

  get state(): Store<ConversationState> {
    return this.known.state;
  }

  get queue(): Store<readonly QueuedMessage[]> {
    return this.outbox.messages;
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
    return this.state.get().phase !== "new" || !this.outbox.empty;
  }

  get busy(): boolean {
    return this.live !== null || !this.outbox.empty;
  }

  /** `listener` hears when a run was taken and when it ended, also after its page was left: lists and titles elsewhere have changed. */
  watch(listener: (change: "taken" | "ended") => void): void {
    this.onChange = listener;
  }

  async load(): Promise<void> {
    this.known.update({ phase: "loading", error: null });
    await this.refresh();
    const { phase, runs } = this.state.get();
    if (phase !== "ready") return;
    const taken = (message: QueuedMessage): boolean => runs.some((run) => run.message === message.text && run.createdAt >= message.at - 60_000);
    await this.outbox.restore(taken, () => this.live === null);
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
      this.known.take(page, this.live?.key ?? null);
      this.attach();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.missed();
      else if (phase === "loading") this.known.update({ phase: "failed", error });
    }
  }

  /** The server has no such session: not yet, while its first message is not taken; else it was deleted, and what was not sent goes back into the box. */
  private missed(): void {
    if (this.outbox.begins) {
      this.known.update({ phase: "ready", error: null });
      return;
    }
    // These are the session's own for as long as something waits in it.
    const { draft, draftFiles } = this;
    const { text, files } = this.outbox.empties();
    draft.set((typed) => joined(text, typed));
    draftFiles.giveBack(files);
    this.known.update({ phase: "missing" });
  }

  loadOlder(): Promise<void> {
    return this.known.loadOlder(() => this.live?.key ?? null);
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
    this.outbox.add(queued, message.files);
    this.pump(true);
  }

  /** The same message in the same place once more: with another text when it was edited, to another agent when one was chosen. */
  async again(run: ThreadRun, { text = run.message, agentId = run.agentId }: Partial<Pick<Message, "text" | "agentId">> = {}): Promise<void> {
    const files = await Promise.all(run.files.map(fileOf));
    this.submit({ text, files, agentId, parent: run.parent ?? ROOT });
  }

  /** Takes up a run that failed or was stopped; when another one follows it by now, as a new run beside it. An unsent one may go to another agent. */
  retry(run: ThreadRun, agentId: string = run.agentId): void {
    if (run.status === "unsent") {
      this.known.remove(run.key);
      this.outbox.change(run.key, { agentId });
      this.outbox.first(run.key);
      this.pump();
      return;
    }
    const { id } = run;
    if (id === null || this.live) return;
    if (this.known.last?.id !== id) {
      void this.again(run);
      return;
    }
    const key = newId("try");
    this.follow(run.key, null, run.agentId, (signal) => continueRun(run.agentId, this.id, id, key, signal));
  }

  /** A message that was not taken goes out of the thread and back into the box, with its files. */
  takeBack(key: string): void {
    const run = this.known.find(key);
    this.known.remove(key);
    const files = this.outbox.drop(key);
    // Without any other it is a new chat again.
    if (this.known.list.length === 0 && this.outbox.empty) this.known.update({ phase: "new" });
    this.draft.set((typed) => joined(run?.message ?? "", typed));
    this.draftFiles.giveBack(files);
    this.pump();
  }

  stop(): void {
    void this.live?.stop();
  }

  choose(place: string, run: string): void {
    this.known.choose(place, run);
  }

  rate(run: ThreadRun, feedback: Feedback | null): Promise<void> {
    return this.known.rate(run, feedback);
  }

  sendNow(id: string): void {
    this.outbox.first(id);
    if (this.live) this.stop();
    else this.pump();
  }

  reword(id: string, text: string): void {
    this.outbox.change(id, { text });
  }

  dismiss(id: string): void {
    this.outbox.drop(id);
    this.pump();
  }

  private pump(direct = false): void {
    const { phase } = this.state.get();
    const message = this.outbox.next;
    if (this.live || !message || (phase !== "new" && phase !== "ready")) return;
    this.outbox.change(message.id, { state: "sending" });
    const files = this.outbox.filesOf(message.id);
    const parent = message.parent ?? this.known.parentAtEnd();
    const run = unsentRun(message, parent === ROOT ? null : parent, files, Date.now());
    this.known.begin(run, direct);
    const sending = { agentId: message.agentId, sessionId: this.id, text: message.text, parent, files, key: message.id };
    this.follow(run.key, null, run.agentId, async (signal, onUpload) => {
      await this.refreshing;
      return sendRun(sending, signal, onUpload);
    });
  }

  private attach(): void {
    const open = this.known.list.find((run) => run.id !== null && isOpen(run.status));
    if (!this.live && open) this.follow(open.key, open.id, open.agentId, null);
  }

  private follow(key: string, run: string | null, agent: string, send: RunSource["send"]): void {
    const before = this.known.find(key);
    const source = { run, send, events: (id: string, after: number, signal: AbortSignal) => readEvents(agent, this.id, id, after, signal) };
    this.live = new LiveRun(
      { key, agent, session: this.id, before: before?.id != null ? before.answer : null },
      {
        change: (change) => this.known.patch(key, change),
        taken: () => {
          this.outbox.drop(key);
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
    if (end === "unsent") this.outbox.change(key, { state: "failed" });
    // After a failure the reader decides what of the rest is still meant.
    if (end === "failed") this.outbox.hold();
    this.onChange("ended");
    this.attach();
    this.pump();
    // A refusal may mean that the session was deleted elsewhere.
    const refused = this.known.find(key)?.answer.problem?.kind;
    if (refused === "not_found" || refused === "unprocessable") void this.refresh();
  }
}
