/** A run that is under way: its stream, its growing answer, and the wish to stop it. */
import { grown, NO_ANSWER, type Answer } from "../logic/answer";
import type { RunEvent } from "../logic/events";
import { problemOf } from "../logic/problems";
import { browserEnv, followRun, type RunSource, type StreamState } from "../logic/stream";
import { cancelRun, readRuns } from "./requests";
import type { RunStatus, ThreadRun } from "./state";

interface Subject {
  key: string;
  agent: string;
  session: string;
  message: string;
  /** The answer of an earlier attempt, which stays when another one cannot even be asked for. */
  before: Answer | null;
}

interface Hooks {
  change: (change: Partial<ThreadRun>) => void;
  /** The server has the message. */
  taken: () => void;
  ended: (status: RunStatus) => void;
  /** Ids of the session's runs that are known. */
  others: () => string[];
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
      onAccepted: () => {
        this.taken = true;
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
    this.draw();
    this.hooks.ended(this.status);
  }

  /** Asks the server to stop; the words so far are kept. */
  async stop(): Promise<void> {
    if (this.stopWanted) return;
    this.stopWanted = true;
    this.hooks.change({ stopping: true });
    if (this.taken) await this.cancel();
  }

  private async cancel(): Promise<void> {
    for (let tries = 0; tries < CANCEL_TRIES; tries += 1) {
      try {
        this.run ??= await this.find();
        // Without a name it has not begun: the first event will name it, and stop it then.
        if (this.run !== null) await cancelRun(this.subject.agent, this.subject.session, this.run);
        return;
      } catch {
        await browserEnv.pause(0.5 * (tries + 1), this.abort.signal);
      }
    }
    this.stopWanted = false;
    this.hooks.change({ stopping: false });
  }

  /** A run that waits behind another has told no event yet: its id is to be found among the session's runs. */
  private async find(): Promise<string | null> {
    const { runs } = await readRuns(this.subject.session, null);
    const others = this.hooks.others();
    const own = runs.findLast((run) => run.status === "PENDING" && run.run_input === this.subject.message && !others.includes(run.run_id));
    return own?.run_id ?? null;
  }

  private take(event: RunEvent): void {
    if (event.runId !== null && this.run === null) {
      this.run = event.runId;
      this.hooks.change({ id: event.runId });
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
