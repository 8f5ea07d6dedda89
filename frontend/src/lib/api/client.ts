import createClient from "openapi-fetch";

import { credentials } from "./credentials";
import { ApiError, errorFrom, errorOf, networkError } from "./errors";
import type { paths } from "./schema";

/** Where the API is: the page's own address unless a deployment names another in index.html. */
export const API_BASE = document.querySelector<HTMLMetaElement>('meta[name="reggie-api"]')?.content.replace(/\/$/, "") || location.origin;

/** The typed client. Wrap its calls in `unwrap`. */
export const api = createClient<paths>({ baseUrl: API_BASE, fetch: (request) => send(() => request.clone()) });

/** How one request is sent and answered. */
export type Transport = (request: Request) => Promise<Response>;

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of a call of `api`, or the ApiError that it came to. */
export async function unwrap<T>(call: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw errorFrom(response, error);
  return data as T;
}

/** A fetch of the API for streams, forms and files. `path` begins with "/". Throws ApiError when the answer is not ok. */
export async function apiFetch(path: string, init: RequestInit = {}, by: Transport = reach): Promise<Response> {
  const response = await send(() => new Request(API_BASE + path, init), by);
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** The JSON of an answer, for routes that the generated client does not know. */
export async function apiJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await apiFetch(path, init);
  return (response.status === 204 ? null : await response.json()) as T;
}

/** A JSON body as `init`. */
export function json(method: string, body: unknown): RequestInit {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/** Sends with the bearer token; an expired one is renewed once and the request repeated. */
async function send(make: () => Request, by: Transport = reach): Promise<Response> {
  const token = credentials().accessToken();
  const first = await by(authorised(make(), token));
  if (first.status !== 401) return first;
  // Another request may have renewed the token while this one was under way.
  const newer = credentials().accessToken();
  const renewed = newer !== null && newer !== token ? newer : await credentials().refresh();
  return renewed === null ? first : by(authorised(make(), renewed));
}

function authorised(request: Request, token: string | null): Request {
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  const workspace = credentials().workspaceId();
  if (token !== null && workspace !== null) request.headers.set("X-Reggie-Workspace", workspace);
  return request;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    // The caller ended it: that is no failure of the network.
    if (request.signal.aborted) throw error;
    throw networkError();
  }
}

/** A fetch without credentials of ours: signing in, refreshing, what is public. */
export async function publicFetch(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await reach(new Request(API_BASE + path, { credentials: "include", ...init }));
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function publicJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await publicFetch(path, init)).json()) as T;
}

export { ApiError };
