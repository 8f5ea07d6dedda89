import { InMemoryWebStorage, UserManager, WebStorageStateStore, type User } from "oidc-client-ts";

import { ApiError, publicFetch } from "../api";
import type { IdentityConfig } from "../api/types";
import { personBehind } from "./me";
import type { IdentityProvider, Person } from "./provider";

type Config = Extract<IdentityConfig, { identity: "oidc" }>;

const DOOR = "/app/sign-in";

/**
 * Any OpenID Connect provider, by authorization code with PKCE, `state` and `nonce`. Tokens are kept in memory: after a reload the
 * provider is asked again, which is a click and no password while its own sign-in lasts. Only the pending request lies in
 * sessionStorage, as the page that comes back must know it.
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
  });

  return {
    kind: "oidc",
    refresh: async () => {
      const query = new URLSearchParams(location.search);
      if (location.pathname === DOOR && query.has("state") && (query.has("code") || query.has("error"))) return arrive(manager);
      const user = await manager.getUser();
      if (!user?.refresh_token) return null;
      return personOf(await asked(manager.signinSilent()));
    },
    signIn: async ({ returnTo = "/chat" }) => {
      await asked(manager.signinRedirect({ state: returnTo, nonce: crypto.randomUUID() }));
      return null;
    },
    signOut: async () => {
      await manager.removeUser();
    },
    signOutEverywhere: async (accessToken) => {
      await publicFetch("/auth/sign-out-everywhere", { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
    },
  };
}

/** The provider has sent the person back. The code leaves the address, whatever comes of it. */
async function arrive(manager: UserManager): Promise<Person | null> {
  const answer = location.href;
  const clean = (to: string): void => history.replaceState(null, "", `${DOOR}?to=${encodeURIComponent(to)}`);
  try {
    const user = await manager.signinRedirectCallback(answer);
    clean(typeof user.state === "string" ? user.state : "/chat");
    return await personOf(user);
  } catch (error) {
    clean("/chat");
    throw refused(error);
  }
}

async function personOf(user: User | null): Promise<Person | null> {
  // The API knows whom a token is for by the ID token: an access token may be the provider's own affair.
  if (!user?.id_token) return null;
  return personBehind(user.id_token, (user.expires_at ?? 0) * 1000);
}

async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw refused(error);
  }
}

function refused(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError({ status: 0, kind: "identity", detail: "The sign-in service did not answer as it should. Try again, or ask whoever runs Reggie." });
}

