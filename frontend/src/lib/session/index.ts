import { useStore } from "../store";
import { SessionKeeper, type SessionState } from "./session";
import type { SignInDetails } from "./provider";

export const session = new SessionKeeper();

export interface SessionHandle extends SessionState {
  signIn: (details: SignInDetails) => Promise<void>;
  signOut: () => Promise<void>;
  signOutEverywhere: () => Promise<void>;
  chooseWorkspace: (id: string) => void;
}

const actions = {
  signIn: (details: SignInDetails) => session.signIn(details),
  signOut: () => session.signOut(),
  signOutEverywhere: () => session.signOutEverywhere(),
  chooseWorkspace: (id: string) => session.chooseWorkspace(id),
};

/** Who is signed in, and what they can do about it. */
export function useSession(): SessionHandle {
  return { ...useStore(session.store), ...actions };
}

export type { SessionState } from "./session";
export type { SignInDetails } from "./provider";
