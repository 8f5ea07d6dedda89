/** The sidebar's list as it was shown last, kept in this browser: after a reload it stands there at once, until the API's own has come. */

import type { Session } from "@/lib/api/types";
import { session } from "@/lib/session";
import { stored } from "@/lib/storage";

/** Goes up when what is kept of a session changes. */
const VERSION = 1;
const LONGEST = 30;

interface Kept {
  version: number;
  /** Whose sessions they are, and of which workspace: nobody else is shown them. */
  owner: string;
  pinned: Session[];
  list: Session[];
}

// Not among the settings that stay: a sign-out removes it.
const kept = stored<Kept | null>("sessions.last", null, fits);

/** The sessions that were listed last for whoever is signed in; undefined: none are known. */
export function lastListed(which: "pinned" | "list"): Session[] | undefined {
  const last = kept.get();
  return last !== null && last.owner === owner() ? last[which] : undefined;
}

export function keepListed(pinned: readonly Session[], list: readonly Session[]): void {
  const whose = owner();
  if (whose !== null) kept.set({ version: VERSION, owner: whose, pinned: pinned.slice(0, LONGEST).map(lean), list: list.slice(0, LONGEST).map(lean) });
}

/** Without what no row shows, which may be large. */
function lean(one: Session): Session {
  return { ...one, session_state: undefined, metadata: undefined, session_summary: undefined, running: false };
}

function owner(): string | null {
  const { user, workspace } = session.store.get();
  return user && workspace ? `${user.id} ${workspace.id}` : null;
}

function fits(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  const { version, owner: whose, pinned, list } = value as Partial<Record<keyof Kept, unknown>>;
  return version === VERSION && typeof whose === "string" && [pinned, list].every((each) => Array.isArray(each) && each.every(isSession));
}

function isSession(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { session_id: id, session_name: name, updated_at: at, tags } = value as Record<string, unknown>;
  return [id, name, at].every((each) => typeof each === "string") && Array.isArray(tags);
}
