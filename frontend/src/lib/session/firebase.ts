import { ApiError, json, publicFetch } from "../api";
import { externalJson } from "../api/external";
import type { IdentityConfig } from "../api/types";
import { personBehind } from "./me";
import type { IdentityProvider, Person } from "./provider";

type Config = Extract<IdentityConfig, { identity: "firebase" }>;

// https://cloud.google.com/identity-platform/docs/use-rest-api
const SIGN_IN = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword";
const REFRESH = "https://securetoken.googleapis.com/v1/token";

/** Identity Platform by e-mail and password. The refresh token is kept in memory: a reload signs out. */
export function firebase(config: Config): IdentityProvider {
  let refreshToken: string | null = null;
  const key = `?key=${encodeURIComponent(config.api_key)}`;

  const person = (idToken: string, seconds: string, refresh: string): Promise<Person> => {
    refreshToken = refresh;
    return personBehind(idToken, Date.now() + Number(seconds) * 1000);
  };

  return {
    kind: "firebase",
    refresh: async () => {
      if (refreshToken === null) return null;
      const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
      try {
        const answer = await externalJson<{ id_token: string; expires_in: string; refresh_token: string }>(REFRESH + key, { method: "POST", body: form });
        return await person(answer.id_token, answer.expires_in, answer.refresh_token);
      } catch (error) {
        // 400: the account is disabled, its password changed, or it was signed out everywhere.
        if (error instanceof ApiError && (error.status === 400 || error.status === 401)) return null;
        throw error;
      }
    },
    signIn: async ({ email = "", password = "" }) => {
      try {
        const body = { email, password, returnSecureToken: true };
        const answer = await externalJson<{ idToken: string; expiresIn: string; refreshToken: string }>(SIGN_IN + key, json("POST", body));
        return await person(answer.idToken, answer.expiresIn, answer.refreshToken);
      } catch (error) {
        if (error instanceof ApiError && error.status === 400) throw refused(error);
        throw error;
      }
    },
    signOut: () => {
      refreshToken = null;
      return Promise.resolve();
    },
    signOutEverywhere: async (accessToken) => {
      await publicFetch("/auth/sign-out-everywhere", { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
      refreshToken = null;
    },
  };
}

/** One sentence for a wrong password and an unknown address, so that nobody learns who has an account. */
function refused(error: ApiError): ApiError {
  const tooMany = error.detail.includes("TOO_MANY_ATTEMPTS");
  return new ApiError(
    tooMany
      ? { status: 429, kind: "limited", detail: "Too many attempts. Wait a minute.", retryAfter: 60 }
      : { status: 401, kind: "unauthenticated", detail: "That e-mail address and password do not go together." },
  );
}
