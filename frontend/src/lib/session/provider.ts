import type { Signed, User, Workspace } from "../api/types";

/** Someone who is signed in, whichever identity system said so. */
export interface Person {
  accessToken: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  user: User;
  workspaces: Workspace[];
}

/** One identity system. Every call throws ApiError when it cannot be reached or refuses. */
export interface IdentityProvider {
  readonly kind: "builtin" | "oidc" | "firebase";
  /** The person whom this browser still knows, with a fresh token; null when nobody is signed in. */
  refresh: () => Promise<Person | null>;
  signIn: (details: SignInDetails) => Promise<Person | null>;
  /** The address of the page where the identity system ends its own sign-in, if the browser is to go there; null: nothing more to do. */
  signOut: () => Promise<string | null>;
  signOutEverywhere: (accessToken: string) => Promise<void>;
}

/** With `email` and `password` for builtin and firebase; oidc leaves the page and comes back to `returnTo`. */
export interface SignInDetails {
  email?: string;
  password?: string;
  returnTo?: string;
}

export function personOf(signed: Signed, now: number = Date.now()): Person {
  return {
    accessToken: signed.access_token,
    expiresAt: now + signed.expires_in * 1000,
    user: signed.user,
    workspaces: signed.workspaces,
  };
}
