/** The runs of a session as this page knows them, and which of them are shown. */
import type { Feedback, Run } from "@/lib/api/types";
import { stored } from "@/lib/storage";
import { createStore, type Store } from "@/lib/store";

import { parentAtEnd, placeOf, visibleBranch, type Choices } from "../logic/thread";
import { giveFeedback, PAGE, readRuns } from "./requests";
import { merged, type ConversationState, type ThreadRun } from "./state";

interface Page {
  runs: Run[];
  older: boolean;
}

export class KnownRuns {
  readonly state: Store<ConversationState>;
  private readonly choices: Store<Choices>;

  constructor(
    private readonly session: string,
    phase: ConversationState["phase"],
  ) {
    this.choices = stored<Choices>(`chat.branch.${session}`, {});
    this.state = createStore<ConversationState>({ phase, error: null, runs: [], older: false, loadingOlder: false, choices: this.choices.get(), anchored: null });
  }

  get list(): readonly ThreadRun[] {
    return this.state.get().runs;
  }

  find(key: string): ThreadRun | undefined {
    return this.list.find((run) => run.key === key);
  }

  /** The last one that the server has. */
  get last(): ThreadRun | undefined {
    return this.list.findLast((run) => run.id !== null);
  }

  update(change: Partial<ConversationState>): void {
    this.state.set((state) => ({ ...state, ...change }));
  }

  patch(key: string, change: Partial<ThreadRun>): void {
    this.update({ runs: this.list.map((run) => (run.key === key ? { ...run, ...change } : run)) });
  }

  remove(key: string): void {
    this.update({ runs: this.list.filter((run) => run.key !== key) });
  }

  choose(place: string, run: string): void {
    this.setChoices({ ...this.choices.get(), [place]: run });
  }

  /** Adds a run that is about to be sent, and shows it, whatever was chosen in its place. `direct`: as Anchor has it. */
  begin(run: ThreadRun, direct: boolean): void {
    const { choices } = this.state.get();
    this.setChoices(Object.fromEntries(Object.entries(choices).filter(([place]) => place !== placeOf(run))));
    this.update({ phase: "ready", runs: [...this.list, run], anchored: { key: run.key, direct } });
  }

  /** The `parent_run_id` of a message at the end of what is shown. */
  parentAtEnd(): string | null {
    const { runs, choices } = this.state.get();
    return parentAtEnd(visibleBranch(runs, choices), runs);
  }

  /** The last page, as the server has it now. `live`: the key of the run whose words stream in here. */
  take(page: Page, live: string | null): void {
    const { phase, older } = this.state.get();
    const runs = merged(this.list, page.runs, live);
    this.update({ phase: "ready", error: null, runs, older: phase === "ready" && runs.length > PAGE ? older : page.older });
  }

  /** `live` is asked when the page has come. */
  async loadOlder(live: () => string | null): Promise<void> {
    const { older, loadingOlder } = this.state.get();
    const before = this.list.find((run) => run.id !== null)?.id;
    if (!older || loadingOlder || !before) return;
    this.update({ loadingOlder: true });
    try {
      const page = await readRuns(this.session, before);
      this.update({ runs: merged(this.list, page.runs, live()), older: page.older, loadingOlder: false });
    } catch {
      // The reader scrolls again, and so it is tried again.
      this.update({ loadingOlder: false });
    }
  }

  async rate(run: ThreadRun, feedback: Feedback | null): Promise<void> {
    if (run.id === null) return;
    const before = run.feedback;
    this.patch(run.key, { feedback });
    try {
      await giveFeedback(this.session, run.id, feedback);
    } catch (error) {
      this.patch(run.key, { feedback: before });
      throw error;
    }
  }

  private setChoices(choices: Choices): void {
    this.choices.set(choices);
    this.update({ choices });
  }
}
