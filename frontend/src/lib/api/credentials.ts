/** Who a request is made for. lib/session fills it in; the client only asks. */
export interface Credentials {
  accessToken: () => string | null;
  workspaceId: () => string | null;
  /** A new access token; null when the person is signed out by now. Throws ApiError when that cannot be known. */
  refresh: () => Promise<string | null>;
}

let current: Credentials = { accessToken: () => null, workspaceId: () => null, refresh: () => Promise.resolve(null) };

export function credentials(): Credentials {
  return current;
}

export function setCredentials(next: Credentials): void {
  current = next;
}
