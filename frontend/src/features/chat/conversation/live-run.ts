/** A run that is under way: its stream, its growing answer, and the wish to stop it. */
import { grown, NO_ANSWER, type Answer } from "../logic/answer";
import type { RunEvent } from "../logic/events";
import { problemOf } from "../logic/problems";
import { browserEnv, followRun, type RunSource, type StreamState } from "../logic/stream";
import { cancelRun } from "./requests";
import type { RunStatus, ThreadRun } from "./state";

interface Subject {
  key: string;
  agent: string;
  session: string;
  /** The answer of an earlier attempt, which stays when another one cannot even be asked for. */
  before: Answer | null;
}

interface Hooks {
  change: (change: Partial<ThreadRun>) => void;
  /** The server has the message. */
  taken: () => void;
  ended: (status: RunStatus) => void;
  /** It was taken back before all of it had left. */
  withdrawn: () => void;
}

/** A page that is not seen is drawn so often, in ms: browsers give it no frames. */
const HIDDEN_FRAME = 250;
const CANCEL_TRIES = 3;

export class LiveRun {
  readonly key: string;
  /** Its id, once it is known. */
  run: string | null = null;
  private answer: Answer = NO_ANSWER;
  private status: RunStatus = "sending";
  private taken = false;
  private drawn = true;
  private stopWanted = false;
  private uploading = false;
  private withdrawn = false;
  private startedAt = now();
  private readonly abort = new AbortController();

  constructor(
    private readonly subject: Subject,
    private readonly hooks: Hooks,
  ) {
    this.key = subject.key;
  }

  async begin(source: RunSource): Promise<void> {
    this.run = source.run;
    this.taken = source.send === null;
    this.status = this.taken ? "waiting" : "sending";
    // Of a run under way the words that are stored stay until the first event.
    this.hooks.change({ status: this.status, stopping: false, ...(this.taken ? {} : { answer: NO_ANSWER }) });
    const listener = {
      onEvent: (event: RunEvent) => this.take(event),
      onRestart: () => this.restart(),
      onState: (state: StreamState) => this.show(state),
      onUpload: (sent: number, total: number) => {
        // All of it has left: from here on the server may have it, and only it can stop the run.
        this.uploading = sent < total;
        this.hooks.change({ upload: { sent, total } });
      },
      onAccepted: (run: string | null) => {
        this.taken = true;
        this.uploading = false;
        this.hooks.change({ upload: null });
        if (run !== null) this.name(run);
        this.hooks.taken();
        if (this.stopWanted) void this.cancel();
      },
    };
    try {
      await followRun(source, listener, browserEnv, this.abort.signal);
    } catch (error) {
      const kept = this.taken ? this.answer : (this.subject.before ?? this.answer);
      this.answer = { ...kept, problem: problemOf(error) };
      this.status = this.taken || this.subject.before ? "failed" : "unsent";
    }
    if (this.withdrawn) {
      this.hooks.withdrawn();
      return;
    }
    this.hooks.change({ upload: null });
    this.draw();
    this.hooks.ended(this.status);
  }

  /** Asks the server to stop; the words so far are kept. A message whose files are still on their way is taken back. */
  async stop(): Promise<void> {
    if (this.uploading) {
      this.withdrawn = true;
      this.abort.abort();
      return;
    }
    if (this.stopWanted) return;
    this.stopWanted = true;
    this.hooks.change({ stopping: true });
    if (this.taken) await this.cancel();
  }

  private async cancel(): Promise<void> {
    for (let tries = 0; tries < CANCEL_TRIES; tries += 1) {
      try {
        // Without a name it cannot be asked for yet: the first event will name it, and stop it then.
        if (this.run !== null) await cancelRun(this.subject.agent, this.subject.session, this.run);
        return;
      } catch {
        await browserEnv.pause(0.5 * (tries + 1), this.abort.signal);
      }
    }
    this.stopWanted = false;
    this.hooks.change({ stopping: false });
  }

  private name(run: string): void {
    if (this.run !== null) return;
    this.run = run;
    this.hooks.change({ id: run });
  }

  private take(event: RunEvent): void {
    if (event.runId !== null && this.run === null) {
      this.name(event.runId);
      if (this.stopWanted) void this.cancel();
    }
    if (event.name === "RunStarted") this.startedAt = now();
    this.answer = grown(this.answer, event, { now: now(), startedAt: this.startedAt });
    if (event.name === "RunCompleted") this.status = "completed";
    else if (event.name === "RunCancelled") this.status = "cancelled";
    else if (event.name === "RunError") this.status = "failed";
    this.redraw();
  }

  private restart(): void {
    this.answer = NO_ANSWER;
    this.redraw();
  }

  private show(state: StreamState): void {
    if (state === "ended") return;
    const status = state === "connecting" ? "sending" : state;
    if (status === this.status) return;
    this.status = status;
    this.draw();
  }

  /** At most once a frame, however fast the words come. */
  private redraw(): void {
    if (!this.drawn) return;
    this.drawn = false;
    const draw = (): void => {
      if (!this.drawn) this.draw();
    };
    if (document.hidden) setTimeout(draw, HIDDEN_FRAME);
    else requestAnimationFrame(draw);
  }

  private draw(): void {
    this.drawn = true;
    this.hooks.change({ answer: this.answer, status: this.status, ...(this.run === null ? {} : { id: this.run }) });
  }
}

function now(): number {
  return performance.now() / 1000;
}
