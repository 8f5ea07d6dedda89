import { createStore } from "@/lib/store";

export interface TaskState {
  phase: "idle" | "running" | "failed" | "done";
  done: number;
  total: number;
  error: unknown;
}

/** Tells how far the work is. */
export type Report = (done: number, total: number) => void;

const IDLE: TaskState = { phase: "idle", done: 0, total: 0, error: null };

/** Work that takes long, with its progress and an end on demand. It goes on while other pages of the app are looked at. */
export class Task {
  readonly state = createStore<TaskState>(IDLE);
  private controller: AbortController | null = null;

  async run(work: (report: Report, signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.controller) return;
    const controller = new AbortController();
    this.controller = controller;
    this.state.set((before) => ({ ...before, phase: "running", error: null }));
    try {
      await work((done, total) => this.state.set((before) => (controller.signal.aborted ? before : { ...before, done, total })), controller.signal);
      this.state.set((before) => (controller.signal.aborted ? before : { ...before, phase: "done" }));
    } catch (error) {
      this.state.set((before) => (controller.signal.aborted ? before : { ...before, phase: "failed", error }));
    } finally {
      if (this.controller === controller) this.controller = null;
    }
  }

  /** Ends it, or takes away what it came to. */
  cancel(): void {
    this.controller?.abort();
    this.controller = null;
    this.state.set(IDLE);
  }
}
