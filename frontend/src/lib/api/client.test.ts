import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { setCredentials } from "./credentials";
import { ApiError, api, apiFetch, json, unwrap } from "./index";

let token: string | null;
let refreshed: number;
let next: string | null;
let sent: { method: string; path: string; token: string | null; workspace: string | null; body: string }[];
let answers: (() => Response)[];

beforeEach(() => {
  token = "old";
  next = "new";
  refreshed = 0;
  sent = [];
  answers = [];
  setCredentials({
    accessToken: () => token,
    workspaceId: () => "wsp_1",
    refresh: () => {
      refreshed += 1;
      token = next;
      return Promise.resolve(next);
    },
  });
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push({
      method: request.method,
      path: new URL(request.url).pathname,
      token: request.headers.get("Authorization"),
      workspace: request.headers.get("X-Reggie-Workspace"),
      body: await request.text(),
    });
    return answers.shift()?.() ?? new Response("[]", { headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => vi.unstubAllGlobals());

const refused = (): Response => new Response("{}", { status: 401 });

function failure(call: Promise<unknown>): Promise<ApiError> {
  return call.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error as ApiError,
  );
}

describe("a request", () => {
  it("is made for the person and their workspace", async () => {
    expect(await unwrap(api.GET("/agents"))).toEqual([]);
    expect(sent).toEqual([{ method: "GET", path: "/agents", token: "Bearer old", workspace: "wsp_1", body: "" }]);
  });

  it("whose token has ended is repeated once with a new one, with the same body", async () => {
    answers = [refused];
    await apiFetch("/sessions", json("POST", { agent_id: "a" }));
    expect(sent.map((one) => one.token)).toEqual(["Bearer old", "Bearer new"]);
    expect(sent.map((one) => one.body)).toEqual(['{"agent_id":"a"}', '{"agent_id":"a"}']);
    expect(refreshed).toBe(1);
  });

  it("is repeated without a refresh when another one has renewed the token meanwhile", async () => {
    answers = [
      () => {
        token = "newer";
        return refused();
      },
    ];
    await apiFetch("/agents");
    expect(sent.map((one) => one.token)).toEqual(["Bearer old", "Bearer newer"]);
    expect(refreshed).toBe(0);
  });

  it("is not repeated without end", async () => {
    answers = [refused, refused];
    expect((await failure(apiFetch("/agents"))).status).toBe(401);
    expect(sent).toHaveLength(2);
  });

  it("of someone who is signed out is not repeated", async () => {
    next = null;
    answers = [refused];
    expect((await failure(unwrap(api.GET("/agents")))).status).toBe(401);
    expect(sent).toHaveLength(1);
  });
});

describe("an error", () => {
  it("has the API's sentence, kind, id and wait", async () => {
    const body = { detail: "wait", error_type: "limited", error_id: "req_1", fields: [{ field: "a", reason: "b" }, { nonsense: 1 }] };
    answers = [() => new Response(JSON.stringify(body), { status: 429, headers: { "Retry-After": "7" } })];
    const error = await failure(apiFetch("/agents"));
    expect(error).toMatchObject({ status: 429, kind: "limited", detail: "wait", requestId: "req_1", retryAfter: 7, fields: [{ field: "a", reason: "b" }] });
  });

  it("is the same through the typed client", async () => {
    answers = [() => new Response('{"detail":"gone","error_type":"not_found"}', { status: 404, headers: { "Content-Type": "application/json" } })];
    expect(await failure(unwrap(api.GET("/agents")))).toMatchObject({ status: 404, kind: "not_found", detail: "gone" });
  });

  it.each([502, 413, 418])("of something between us and the API is a sentence too: %i", async (status) => {
    answers = [() => new Response("<html>bad</html>", { status })];
    const error = await failure(apiFetch("/agents"));
    expect(error.detail).toMatch(/\.$/);
    expect(error.detail).not.toContain("<");
  });

  it("of the network says that nothing was reached", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await failure(apiFetch("/agents"))).toMatchObject({ status: 0, kind: "network" });
  });

  it("is not what a caller's own end of the request comes to", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("ended", "AbortError")));
    expect(await failure(apiFetch("/agents", { signal: AbortSignal.abort() }))).not.toBeInstanceOf(ApiError);
  });
});
