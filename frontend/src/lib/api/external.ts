import { ApiError } from "./errors";

/** A refusal by a system that is not ours. Its own words are for programmers: `body` is to be looked at, not shown. */
export class ExternalError extends ApiError {
  readonly body: string;

  constructor(status: number, body: string) {
    const detail =
      status >= 500 || status === 429
        ? "The sign-in service is not well just now. Try again in a moment."
        : "The sign-in service refused. Ask whoever runs Reggie.";
    super({ status, kind: "identity", detail });
    this.body = body;
  }
}

/** Milliseconds that a request may take. */
const PATIENCE = 15_000;

/** JSON from an address that is not our API's: an identity system. The page's policy must name its host. Throws ApiError. */
export async function externalJson<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), ...init, credentials: "omit", referrerPolicy: "no-referrer" });
    body = await response.text();
  } catch {
    throw new ApiError({ status: 0, kind: "network", detail: "The sign-in service could not be reached. Check your connection and try again." });
  }
  if (!response.ok) throw new ExternalError(response.status, body);
  try {
    return JSON.parse(body) as T;
  } catch {
    throw new ExternalError(502, body);
  }
}
