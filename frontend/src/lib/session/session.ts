import { ApiError, publicJson } from "../api";
import { setCredentials } from "../api/credentials";
import type { IdentityConfig, User, Workspace } from "../api/types";
import { forgetStored, stored } from "../storage";
import { createStore, type Store } from "../store";
import { builtin } from "./builtin";
import type { IdentityProvider, Person, SignInDetails } from "./provider";

/** A token is renewed this long before it ends, so that no request meets its end; a short-lived one at half its time. */
export const RENEW_AHEAD = 60_000;
/** After a refresh that reached nobody. */
const TRY_AGAIN = 15_000;

/** So long a sign-out waits for the removal of what was kept. */
const FORGET_MS = 2000;

/** Settings that say nothing of who was here. */
const OF_THE_BROWSER = ["theme", "contrast", "density", "text-size", "notifications", "send-key", "autoscroll", "hotkeys", "hotkeys.chosen", "sidebar.width", "sidebar.collapsed", "oidc"];

export interface SessionState {
  state: "loading" | "signed-out" | "signed-in";
  user: User | null;
  workspaces: Workspace[];
  workspace: Workspace | null;
  identity: IdentityConfig | null;
  /** Why it is still loading: the API cannot be reached. */
  problem: ApiError | null;
}

const NOBODY: SessionState = { state: "signed-out", user: null, workspaces: [], workspace: null, identity: null, problem: null };

export class SessionKeeper {
  readonly store: Store<SessionState> = createStore<SessionState>({ ...NOBODY, state: "loading" });
  /** The last sign-out was this person's wish, not the end of a sign-in. */
  leftOnPurpose = false;
  /** That wish was told in another tab. */
  leftElsewhere = false;
  /** Where the identity system ends its own sign-in: the page to go to after a sign-out. */
  leavingTo: string | null = null;
  /** Called before the person or the workspace changes: what still waits to be sent goes out now, in their name. */
  readonly beforeLeaving = new Set<() => void>();
  private readonly chosen = stored<string | null>("workspace", null, (value) => typeof value === "string");
  private readonly channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("reggie.session");
  private person: Person | null = null;
  private refreshing: Promise<string | null> | null = null;
  private starting: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Goes up with every sign-in and sign-out, so that a refresh which was under way cannot undo one. */
  private era = 0;

  constructor(private provider: IdentityProvider | null = null) {
    setCredentials({
      accessToken: () => this.person?.accessToken ?? null,
      workspaceId: () => this.store.get().workspace?.id ?? null,
      refresh: () => this.refresh(),
    });
    this.channel?.addEventListener("message", (event) => this.hear(event.data));
    // A machine that slept has missed its timer.
    addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.person && this.person.expiresAt - Date.now() < RENEW_AHEAD) this.renew();
    });
  }

  /** Finds out who is signed in. Again after a `problem`. */
  start(): Promise<void> {
    this.starting ??= this.restore().finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  private async restore(): Promise<void> {
    this.store.set((now) => ({ ...now, problem: null }));
    try {
      const identity = await publicJson<IdentityConfig>("/auth/config");
      this.provider ??= await providerOf(identity);
      this.store.set((now) => ({ ...now, identity }));
      await this.refresh();
    } catch (error) {
      this.store.set((now) => ({ ...now, problem: problemOf(error) }));
    }
  }

  /** A new access token; callers at the same time share one refresh. Null: nobody is signed in. */
  refresh(): Promise<string | null> {
    this.refreshing ??= this.refreshNow().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshNow(): Promise<string | null> {
    const era = this.era;
    const person = (await this.provider?.refresh()) ?? null;
    if (era !== this.era) return this.person?.accessToken ?? null;
    this.take(person);
    return person?.accessToken ?? null;
  }

  async signIn(details: SignInDetails): Promise<void> {
    const person = (await this.provider?.signIn(details)) ?? null;
    if (!person) return;
    this.era += 1;
    this.take(person);
    this.channel?.postMessage("signed-in");
  }

  /** Ends it here and in this browser's other tabs, even when the API cannot be told. */
  async signOut(): Promise<void> {
    this.leftOnPurpose = true;
    for (const last of this.beforeLeaving) last();
    try {
      this.leavingTo = (await this.provider?.signOut()) ?? null;
    } finally {
      // Drafts are what the next person at this machine should not read.
      forgetStored(OF_THE_BROWSER);
      await forgotten();
      this.end();
      this.channel?.postMessage("signed-out");
    }
  }

  async signOutEverywhere(): Promise<void> {
    const token = this.person?.accessToken;
    if (token) await this.provider?.signOutEverywhere(token);
    await this.signOut().catch(() => undefined);
  }

  chooseWorkspace(id: string): void {
    const workspace = this.store.get().workspaces.find((one) => one.id === id);
    if (!workspace) return;
    for (const last of this.beforeLeaving) last();
    this.chosen.set(id);
    this.store.set((now) => ({ ...now, workspace }));
  }

  private take(person: Person | null): void {
    if (!person) {
      this.end();
      return;
    }
    this.person = person;
    this.leftOnPurpose = false;
    const workspace = person.workspaces.find((one) => one.id === this.chosen.get()) ?? person.workspaces[0] ?? null;
    this.store.set((now) => ({ ...now, state: "signed-in", user: person.user, workspaces: person.workspaces, workspace, problem: null }));
    const left = person.expiresAt - Date.now();
    this.renewIn(Math.max(1000, left - Math.min(RENEW_AHEAD, left / 2)));
  }

  private end(): void {
    this.era += 1;
    this.person = null;
    clearTimeout(this.timer);
    this.store.set((now) => ({ ...NOBODY, identity: now.identity }));
  }

  private renewIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(), milliseconds);
  }

  private renew(): void {
    this.refresh().catch(() => this.renewIn(TRY_AGAIN));
  }

  private hear(word: unknown): void {
    if (word === "signed-out" && this.person) {
      this.leftOnPurpose = true;
      this.leftElsewhere = true;
      this.end();
    }
    if (word === "signed-in" && !this.person) this.renew();
  }
}

/** The files that belong to those drafts; a storage that does not answer keeps nobody signed in. */
async function forgotten(): Promise<void> {
  const removed = import("../kept-files").then(({ forgetFiles }) => forgetFiles());
  await Promise.race([removed.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, FORGET_MS))]);
}

async function providerOf(identity: IdentityConfig): Promise<IdentityProvider> {
  if (identity.identity === "oidc") return (await import("./oidc")).oidc(identity);
  if (identity.identity === "firebase") return (await import("./firebase")).firebase(identity);
  return builtin;
}

function problemOf(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError({ status: 0, kind: "page", detail: "Signing in did not work. Reload the page to try again." });
}
