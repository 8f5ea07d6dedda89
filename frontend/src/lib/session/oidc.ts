import { ErrorResponse, ErrorTimeout, InMemoryWebStorage, UserManager, WebStorageStateStore, type User } from "oidc-client-ts";

import { ApiError, publicFetch } from "../api";
import { externalJson } from "../api/external";
import type { IdentityConfig } from "../api/types";
import { stored } from "../storage";
import { personBehind } from "./me";
import type { IdentityProvider, Person } from "./provider";

type Config = Extract<IdentityConfig, { identity: "oidc" }>;

const BASE = "/app";
const DOOR = `${BASE}/sign-in`;
/** For everyone: nobody is sent away from there to be recognised. */
const PUBLIC = `${BASE}/share/`;
/** Seconds that a request to the provider may take. */
const PATIENCE = 15;
/** Seconds, 30 days. Who names one is told in `auth_time` when the person proved who they are, which a sign-out everywhere is measured by. */
const LONGEST = 2_592_000;

/** Answers to `prompt=none`: nobody is signed in there, or not without a question (OpenID Connect Core 1.0, 3.1.2.6). */
const NOBODY = new Set(["login_required", "interaction_required", "consent_required", "account_selection_required"]);
/** Answers to a refresh that say nothing of the sign-in. */
const TROUBLE = new Set(["server_error", "temporarily_unavailable"]);

/**
 * What this browser keeps between two pages; never a token. `known`: someone came in by the provider, which may still know them, so it
 * is asked without a question to them. `anew`: the next who comes in proves who they are, even if the provider still knows someone.
 */
const trace = stored<"known" | "anew" | null>("oidc", null, (value) => value === "known" || value === "anew");

/**
 * Any OpenID Connect provider, by authorization code with PKCE, `state` and `nonce`. Tokens are kept in memory: after a reload the
 * provider is asked again, unseen while its own sign-in lasts. Only the pending request lies in sessionStorage, as the page that comes
 * back must know it.
 */
export function oidc(config: Config): IdentityProvider {
  const manager = new UserManager({
    authority: config.issuer,
    client_id: config.client_id,
    redirect_uri: `${location.origin}${DOOR}`,
    response_type: "code",
    scope: config.scopes,
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
    monitorSession: false,
    requestTimeoutInSeconds: PATIENCE,
    max_age: LONGEST,
  });
  const leave = (returnTo: string, prompt?: "none" | "login"): Promise<void> =>
    asked(manager.signinRedirect({ state: returnTo, nonce: crypto.randomUUID(), ...(prompt && { prompt }) }));

  return {
    kind: "oidc",
    refresh: async () => {
      if (hasArrived()) return arrive(manager);
      const user = await manager.getUser();
      if (user) return renewed(manager, user);
      if (trace.get() === "known" && !location.pathname.startsWith(PUBLIC)) await leave(wanted(), "none");
      return null;
    },
    signIn: async ({ returnTo = "/chat" }) => {
      await leave(returnTo, trace.get() === "anew" ? "login" : undefined);
      return null;
    },
    signOut: async () => {
      trace.set("anew");
      const user = await manager.getUser();
      await manager.removeUser();
      return farewell(config, user?.id_token);
    },
    signOutEverywhere: async (accessToken) => {
      await publicFetch("/auth/sign-out-everywhere", { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
    },
  };
}

function hasArrived(): boolean {
  const query = new URLSearchParams(location.search);
  return location.pathname === DOOR && query.has("state") && (query.has("code") || query.has("error"));
}

/** Where the person is, or at the door: where they wanted to go. The door itself checks that it is a path of ours. */
function wanted(): string {
  if (location.pathname !== DOOR) return location.pathname.slice(BASE.length) + location.search;
  return new URLSearchParams(location.search).get("to") ?? "/chat";
}

/** The provider has sent the person back. The code leaves the address, whatever comes of it. */
async function arrive(manager: UserManager): Promise<Person | null> {
  const answer = location.href;
  const clean = (to: unknown): void => history.replaceState(null, "", `${DOOR}?to=${encodeURIComponent(typeof to === "string" ? to : "/chat")}`);
  try {
    const user = await manager.signinRedirectCallback(answer);
    clean(user.state);
    const person = await personOf(user);
    trace.set("known");
    return person;
  } catch (error) {
    if (error instanceof ApiError) {
      // Not a member here, or signed out everywhere: another account, or another proof, may do.
      if (error.status === 401 || error.status === 403) trace.set("anew");
      throw error;
    }
    clean(error instanceof ErrorResponse ? error.state : null);
    if (error instanceof ErrorResponse && NOBODY.has(error.error ?? "")) {
      trace.set(null);
      return null;
    }
    throw refused(error);
  }
}

/** Null when the sign-in has ended, or its ID token cannot be renewed without the provider's own page. */
async function renewed(manager: UserManager, user: User): Promise<Person | null> {
  if (!user.refresh_token) return null;
  try {
    const next = await manager.signinSilent();
    // A provider need not send an ID token with a refresh; the library then keeps the old one.
    return next === null || next.id_token === user.id_token ? null : await personOf(next);
  } catch (error) {
    if (error instanceof ErrorResponse && !TROUBLE.has(error.error ?? "")) return null;
    if (error instanceof ApiError && error.status === 401) return null;
    throw refused(error);
  }
}

/** The API knows whom a token is for by the ID token: an access token may be the provider's own affair. */
async function personOf(user: User): Promise<Person> {
  if (!user.id_token) throw new Error("no ID token");
  // How long it lives, not until when: this machine's clock may be wrong.
  const { exp, iat } = user.profile;
  return personBehind(user.id_token, Date.now() + (exp - iat) * 1000);
}

/** The page where the provider ends its own sign-in and sends the person back (OpenID Connect RP-Initiated Logout 1.0). Null without one. */
async function farewell(config: Config, idToken: string | undefined): Promise<string | null> {
  try {
    const described = `${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const { end_session_endpoint } = await externalJson<{ end_session_endpoint?: string }>(described, { signal: AbortSignal.timeout(3000) });
    if (end_session_endpoint === undefined) return null;
    const page = new URL(end_session_endpoint);
    if (page.protocol !== "https:" && page.origin !== new URL(config.issuer).origin) return null;
    page.searchParams.set("client_id", config.client_id);
    if (idToken) page.searchParams.set("id_token_hint", idToken);
    page.searchParams.set("post_logout_redirect_uri", `${location.origin}${DOOR}`);
    return page.href;
  } catch {
    // It does not answer: whoever comes in next is asked for a password anew.
    return null;
  }
}

async function asked(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    throw refused(error);
  }
}

function refused(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError({ status: 0, kind: "identity", detail: sentence(error) });
}

function sentence(error: unknown): string {
  if (error instanceof ErrorResponse && error.error === "access_denied") return "Signing in was called off, or is not allowed to you. Try again, or ask whoever runs Reggie.";
  // What fetch throws when it reaches nobody, or when the page's policy forbids the host.
  if (error instanceof TypeError || error instanceof ErrorTimeout) return "The sign-in service could not be reached. Check your connection and try again.";
  if (error instanceof Error && error.message.startsWith("No matching state")) return "That sign-in was begun elsewhere or too long ago, so it was not used. Sign in here.";
  return "The sign-in service did not answer as it should, so nobody was signed in. Try again, or ask whoever runs Reggie.";
}
