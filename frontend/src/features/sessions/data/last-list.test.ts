import { beforeEach, expect, it, vi } from "vitest";

import type { Session } from "@/lib/api/types";
import { session } from "@/lib/session";

import { keepListed, lastListed } from "./last-list";

const KEY = "reggie.v1.sessions.last";
const one = (id: string): Session => ({ session_id: id, session_name: `Name of ${id}`, updated_at: "2026-11-22T10:00:00Z", tags: [], running: true, session_state: { much: "x" } }) as unknown as Session;

function enter(user: string, workspace = "wsp_1"): void {
  session.store.set((now) => ({ ...now, state: "signed-in", user: { id: user, email: "", name: "" }, workspace: { id: workspace, name: "" } }));
}

beforeEach(() => {
  localStorage.clear();
  enter("usr_ada");
});

it("gives back what was listed last, without what no row shows", () => {
  keepListed([one("p")], [one("a"), one("b")]);
  expect(lastListed("pinned")?.map((each) => each.session_id)).toEqual(["p"]);
  expect(lastListed("list")?.map((each) => [each.session_id, each.running])).toEqual([["a", false], ["b", false]]);
  expect(localStorage.getItem(KEY)).not.toContain("much");
});

it("shows nothing to another person, nor in another workspace", () => {
  keepListed([], [one("a")]);
  enter("usr_eve");
  expect(lastListed("list")).toBeUndefined();
  enter("usr_ada", "wsp_2");
  expect(lastListed("list")).toBeUndefined();
  enter("usr_ada");
  expect(lastListed("list")).toHaveLength(1);
});

it("is bounded", () => {
  keepListed([], Array.from({ length: 100 }, (_, n) => one(`ses_${n}`)));
  expect(lastListed("list")).toHaveLength(30);
});

it.each([{ version: 0, owner: "usr_ada wsp_1", pinned: [], list: [] }, { version: 1, owner: "usr_ada wsp_1", pinned: [], list: [{ session_id: 1 }] }, "x", []])("ignores what another version kept: %j", async (kept) => {
  localStorage.setItem(KEY, JSON.stringify(kept));
  vi.resetModules();
  const fresh = await import("./last-list");
  const { session: again } = await import("@/lib/session");
  again.store.set(session.store.get());
  expect(fresh.lastListed("list")).toBeUndefined();
});

it("goes with a sign-out", async () => {
  keepListed([], [one("a")]);
  await session.signOut();
  expect(localStorage.getItem(KEY)).toBeNull();
});
