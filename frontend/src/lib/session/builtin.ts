import { ApiError, json, publicFetch, publicJson } from "../api";
import type { Signed } from "../api/types";
import { personOf, type IdentityProvider } from "./provider";

/** The product's own identity: the refresh token is a cookie that no script can read. */
export const builtin: IdentityProvider = {
  kind: "builtin",
  refresh: () => acrossTabs(async () => {
    try {
      return personOf(await publicJson<Signed>("/auth/refresh", { method: "POST" }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  }),
  signIn: async ({ email = "", password = "" }) => personOf(await publicJson<Signed>("/auth/sign-in", json("POST", { email, password }))),
  signOut: async () => {
    await publicFetch("/auth/sign-out", { method: "POST" });
    return null;
  },
  signOutEverywhere: async (accessToken) => {
    await publicFetch("/auth/sign-out-everywhere", { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } });
  },
};

/** One refresh at a time in all tabs: each changes the cookie, and an old cookie ends the sign-in. */
function acrossTabs<T>(work: () => Promise<T>): Promise<T> {
  // Absent on pages that are neither https nor localhost.
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks ? (locks.request("reggie.refresh", work) as Promise<T>) : work();
}
