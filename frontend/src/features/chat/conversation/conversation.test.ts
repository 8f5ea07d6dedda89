import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { queueOf } from "../logic/queue";
import { Conversation } from "./conversation";

/** What the API of this test was asked, and how it answers: one run after another, each ended by hand. */
interface Server {
  asked: string[];
  keys: (string | null)[];
  parents: (string | null)[];
  end: (name?: string) => void;
}

let session = 0;

function serve(): Server {
  let runs = 0;
  let open: ReadableStreamDefaultController<Uint8Array> | null = null;
  const encoder = new TextEncoder();
  const say = (index: number, name: string, fields: object): void =>
    open?.enqueue(encoder.encode(`id: ${index}\nevent: ${name}\ndata: ${JSON.stringify({ run_id: `run_${runs}`, ...fields })}\n\n`));
  const server: Server = {
    asked: [],
    keys: [],
    parents: [],
    end: (name = "RunCompleted") => {
      say(2, name, { content: "whole", error_type: "model_timeout" });
      open?.close();
    },
  };
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname;
    server.asked.push(`${request.method} ${path}`);
    if (path.endsWith("/cancel")) {
      server.end("RunCancelled");
      return new Response("{}");
    }
    const form = await request.formData();
    const message = form.get("message");
    server.keys.push(request.headers.get("Idempotency-Key"));
    const parent = form.get("parent_run_id");
    server.parents.push(typeof parent === "string" ? parent : null);
    runs += 1;
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => (open = controller) });
    say(0, "RunStarted", { model: "stub" });
    say(1, "RunContent", { content: `to ${typeof message === "string" ? message : ""}` });
    return new Response(stream);
  });
  return server;
}

function talk(): Conversation {
  session += 1;
  return new Conversation(`ses_${session}`, true);
}

function shown(conversation: Conversation): string[] {
  return conversation.state.get().runs.map((run) => `${run.message}: ${run.status}`);
}

const message = (text: string) => ({ text, files: [], agentId: "agt" });

describe("a conversation", () => {
  beforeEach(() => localStorage.clear());
  afterEach(() => vi.unstubAllGlobals());

  it("shows a message at once, before anything was answered", () => {
    serve();
    const conversation = talk();
    conversation.submit(message("hello"));
    expect(shown(conversation)).toEqual(["hello: sending"]);
  });

  it("sends what waits when the answer before has ended, after the run that then is the last", async () => {
    const server = serve();
    const conversation = talk();
    conversation.submit(message("one"));
    conversation.submit(message("two"));
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: streaming"]));
    expect(conversation.queue.get().map((item) => item.text)).toEqual(["two"]);
    server.end();
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: completed", "two: streaming"]));
    expect(server.parents).toEqual([null, "run_1"]);
    expect(conversation.queue.get()).toEqual([]);
  });

  it("stops the answer and sends a waiting message at once when it is told to", async () => {
    const server = serve();
    const conversation = talk();
    conversation.submit(message("one"));
    conversation.submit(message("two"));
    conversation.submit(message("three"));
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: streaming"]));
    conversation.sendNow(conversation.queue.get()[1]?.id ?? "");
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: cancelled", "three: streaming"]));
    expect(server.asked).toContain("POST /agents/agt/runs/run_1/cancel");
  });

  it("holds what waits when an answer failed", async () => {
    const server = serve();
    const conversation = talk();
    conversation.submit(message("one"));
    conversation.submit(message("two"));
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: streaming"]));
    server.end("RunError");
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: failed"]));
    expect(conversation.queue.get().map((item) => item.state)).toEqual(["held"]);
    expect(conversation.state.get().runs[0]?.answer.content).toBe("to one");
  });

  it("keeps a message that was refused, and sends it again under the same key", async () => {
    const refusal = { detail: "Wait a little.", error_type: "limited", error_id: "req_1" };
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(refusal), { status: 429, headers: { "Retry-After": "7" } })));
    const conversation = talk();
    conversation.submit(message("one"));
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: unsent"]));
    const [run] = conversation.state.get().runs;
    expect(run?.answer.problem).toMatchObject({ kind: "limited", retryAfter: 7, requestId: "req_1" });
    expect(queueOf(conversation.id).get()).toMatchObject([{ text: "one", state: "failed" }]);

    const server = serve();
    if (run) conversation.retry(run);
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: streaming"]));
    expect(server.keys).toEqual([run?.key]);
    expect(queueOf(conversation.id).get()).toEqual([]);
  });

  it("stops a run that waits on the server by the name in the answer's header", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", (request: Request) => {
      const path = new URL(request.url).pathname;
      asked.push(`${request.method} ${path}`);
      if (path.endsWith("/cancel")) return Promise.resolve(new Response("{}"));
      return Promise.resolve(new Response(new ReadableStream(), { headers: { "X-Run-Id": "run_9" } }));
    });
    const conversation = talk();
    conversation.submit(message("one"));
    await vi.waitFor(() => expect(conversation.state.get().runs[0]?.id).toBe("run_9"));
    conversation.stop();
    await vi.waitFor(() => expect(asked).toEqual(["POST /agents/agt/runs", "POST /agents/agt/runs/run_9/cancel"]));
  });

  it("puts what was not sent back into the box when the session is gone", async () => {
    const server = serve();
    const conversation = talk();
    conversation.submit(message("one"));
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: streaming"]));
    server.end();
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: completed"]));
    conversation.draft.set("half typed");
    const gone = { detail: "no such run", error_type: "unprocessable", error_id: "req_1" };
    vi.stubGlobal("fetch", (request: Request) =>
      Promise.resolve(new Response(JSON.stringify(gone), { status: request.method === "POST" ? 422 : 404 })),
    );
    conversation.submit(message("two"));
    conversation.submit(message("three"));
    await vi.waitFor(() => expect(conversation.state.get().phase).toBe("missing"));
    expect(conversation.draft.get()).toBe("two\n\nthree\n\nhalf typed");
    expect(conversation.queue.get()).toEqual([]);
  });

  it("waits for a session that its first message has yet to make", async () => {
    const nothing = { detail: "not found", error_type: "not_found", error_id: "req_1" };
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(nothing), { status: 404 })));
    const conversation = talk();
    conversation.submit(message("one"));
    await vi.waitFor(() => expect(shown(conversation)).toEqual(["one: unsent"]));
    await conversation.refresh();
    expect(conversation.state.get().phase).toBe("ready");
    conversation.takeBack(conversation.state.get().runs[0]?.key ?? "");
    expect(conversation.state.get()).toMatchObject({ phase: "new", runs: [] });
    expect(conversation.draft.get()).toBe("one");
  });
});
