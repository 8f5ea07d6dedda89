import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { setCredentials } from "@/lib/api/credentials";

import { deleteAllSessions } from "./delete-all";
import { SessionsExport } from "./export-all";
import { Task } from "./task";

interface Kept {
  id: string;
  archived: boolean;
}

let kept: Kept[];
let asked: string[];
/** Answers by path that stand in for the API's own, each once. */
let instead: Map<string, () => Response>;
let largest: number;

const never = new AbortController().signal;
const nobody = (): undefined => undefined;

beforeEach(() => {
  kept = [];
  asked = [];
  instead = new Map();
  largest = 0;
  setCredentials({ accessToken: () => "token", workspaceId: () => "wsp_1", refresh: () => Promise.resolve(null) });
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, searchParams } = new URL(request.url);
    asked.push(`${request.method} ${pathname}`);
    const other = instead.get(pathname);
    instead.delete(pathname);
    if (other) return other();
    if (request.method === "DELETE") {
      const { session_ids: ids } = (await request.json()) as { session_ids: string[] };
      largest = Math.max(largest, ids.length);
      kept = kept.filter((one) => !ids.includes(one.id));
      return new Response(null, { status: 204 });
    }
    if (pathname.endsWith("/export")) return new Response(`{"session":"${pathname.split("/")[2] ?? ""}"}`);
    const [page, limit] = [Number(searchParams.get("page")), Number(searchParams.get("limit"))];
    const fit = kept.filter((one) => String(one.archived) === searchParams.get("archived"));
    const data = fit.slice((page - 1) * limit, page * limit).map((one) => ({ session_id: one.id, session_name: `Name of ${one.id}` }));
    return Response.json({ data, meta: { total_count: fit.length, total_pages: Math.ceil(fit.length / limit) } });
  });
});

afterEach(() => vi.unstubAllGlobals());

const some = (count: number, archived = false): Kept[] => Array.from({ length: count }, (_, n) => ({ id: `${archived ? "old" : "ses"}_${n}`, archived }));
const lines = async (file: Blob): Promise<string[]> => (await file.text()).trimEnd().split("\n");

it("exports each session on a line of its own, the archived ones too", async () => {
  kept = [...some(230), ...some(3, true)];
  const told: string[] = [];
  const file = await new SessionsExport().run((done, total) => told.push(`${done}/${total}`), never);
  expect((await lines(file)).map((line) => JSON.parse(line) as unknown)).toEqual(kept.map((one) => ({ session: one.id })));
  expect([told[0], told.at(-1)]).toEqual(["0/233", "233/233"]);
});

it("goes on with an export where it failed, and reads nothing twice", async () => {
  kept = some(5);
  const work = new SessionsExport();
  instead.set("/sessions/ses_3/export", () => Response.json({ detail: "not now", error_type: "unavailable" }, { status: 503 }));
  await expect(work.run(nobody, never)).rejects.toThrow("not now");
  expect(await lines(await work.run(nobody, never))).toHaveLength(5);
  expect(asked.filter((one) => one.endsWith("ses_2/export"))).toHaveLength(1);
});

it("leaves out what was deleted meanwhile, and names what is too large", async () => {
  kept = some(3);
  instead.set("/sessions/ses_0/export", () => Response.json({ detail: "gone" }, { status: 404 }));
  instead.set("/sessions/ses_1/export", () => Response.json({ detail: "too large" }, { status: 413 }));
  const work = new SessionsExport();
  expect(await lines(await work.run(nobody, never))).toEqual(['{"session":"ses_2"}']);
  expect(work.tooLarge).toEqual(["Name of ses_1"]);
});

it("deletes all sessions in batches, but none that began meanwhile", async () => {
  kept = [...some(45), ...some(4, true)];
  const told: number[] = [];
  const report = (done: number): void => {
    if (told.push(done) === 2) kept.push({ id: "new", archived: false });
  };
  await deleteAllSessions(report, never);
  expect(kept.map((one) => one.id)).toEqual(["new"]);
  expect(told).toEqual([0, 20, 40, 45, 49]);
  expect(largest).toBe(20);
});

it("ends when sessions stay that it deleted, rather than ask for ever", async () => {
  kept = some(2);
  vi.stubGlobal("fetch", (request: Request) =>
    Promise.resolve(request.method === "DELETE" ? new Response(null, { status: 204 }) : Response.json({ data: [{ session_id: "ses_0" }], meta: { total_count: 2, total_pages: 2 } })),
  );
  await expect(deleteAllSessions(nobody, never)).rejects.toThrow("could not be deleted");
});

it("stops between two batches and goes on with what is left", async () => {
  kept = some(45);
  const task = new Task();
  const stopAfterOne = task.run((report, signal) =>
    deleteAllSessions((done, total) => {
      report(done, total);
      if (done === 20) task.cancel();
    }, signal),
  );
  await stopAfterOne;
  expect([kept.length, task.state.get().phase]).toEqual([25, "idle"]);
  await task.run(deleteAllSessions);
  expect([kept.length, task.state.get().phase, task.state.get().done]).toEqual([0, "done", 25]);
});
