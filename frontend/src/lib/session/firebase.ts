import { ApiError, json, publicFetch } from "../api";
import { ExternalError, externalJson } from "../api/external";
import type { IdentityConfig } from "../api/types";
import { personBehind } from "./me";
import type { IdentityProvider, Person } from "./provider";

type Config = Extract<IdentityConfig, { identity: "firebase" }>;

/** Of somebody with a second factor there is no ID token yet. */
interface SignedIn {
  idToken?: string;
  expiresIn: string;
  refreshToken: string;
}

interface Refreshed {
  id_token: string;
  expires_in: string;
  refresh_token: string;
}

/** What signInWithPassword says of an address or a password that is not right; which of them depends on the project's settings. */
const WRONG = /INVALID_LOGIN_CREDENTIALS|INVALID_PASSWORD|INVALID_EMAIL|EMAIL_NOT_FOUND|USER_DISABLED/;

/**
 * Identity Platform by e-mail and password (https://cloud.google.com/identity-platform/docs/use-rest-api). The refresh token is kept in
 * memory: a reload signs out.
 */
export function firebase(config: Config): IdentityProvider {
  let refreshToken: string | null = null;
  const key = `?key=${encodeURIComponent(config.api_key)}`;
  const person = (idToken: string, seconds: string): Promise<Person> => personBehind(idToken, Date.now() + Number(seconds) * 1000);

  return {
    kind: "firebase",
    refresh: async () => {
      if (refreshToken === null) return null;
      const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
      try {
        const answer = await externalJson<Refreshed>(`${config.refresh_url}/v1/token${key}`, { method: "POST", body: form });
        refreshToken = answer.refresh_token;
        return await person(answer.id_token, answer.expires_in);
      } catch (error) {
        // 400: the account is disabled, or its password changed. 401: it was signed out everywhere.
        if (error instanceof ApiError && (error.status === 400 || error.status === 401)) return null;
        throw error;
      }
    },
    signIn: async ({ email = "", password = "" }) => {
      const answer = await signedIn(`${config.sign_in_url}/v1/accounts:signInWithPassword${key}`, email, password);
      if (answer.idToken === undefined) {
        throw new ApiError({ status: 403, kind: "identity", detail: "This account asks for a second factor, which this page cannot do. Ask whoever runs Reggie." });
      }
      const found = await person(answer.idToken, answer.expiresIn);
      refreshToken = answer.refreshToken;
      return found;
    },
    signOut: () => {
      refreshToken = null;
      return Promise.resolve(null);
    },
    signOutEverywhere: async (accessToken) => {
      await publicFetch("/auth/sign-out-everywhere", { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
    },
  };
}

async function signedIn(url: string, email: string, password: string): Promise<SignedIn> {
  try {
    return await externalJson<SignedIn>(url, json("POST", { email, password, returnSecureToken: true }));
  } catch (error) {
    throw error instanceof ExternalError ? refused(error) : error;
  }
}

/** One sentence for a wrong password and an unknown address, so that nobody learns who has an account. */
function refused(error: ExternalError): ApiError {
  if (error.body.includes("TOO_MANY_ATTEMPTS")) return new ApiError({ status: 429, kind: "limited", detail: "Too many attempts. Wait a minute.", retryAfter: 60 });
  if (WRONG.test(error.body)) return new ApiError({ status: 401, kind: "unauthenticated", detail: "That e-mail address and password do not go together." });
  return error;
}
