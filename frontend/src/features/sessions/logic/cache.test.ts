import { expect, test } from "vitest";

import { flat, inverse, pageWithout, type Pages, type Row, withoutRows, withRow } from "./cache";

interface Item extends Row {
  session_name: string;
}

const row = (id: string, hour: number, more: Partial<Item> = {}): Item => ({
  session_id: id,
  session_name: id,
  updated_at: `2026-11-22T${String(hour).padStart(2, "0")}:00:00Z`,
  pinned: false,
  archived: false,
  tags: [],
  ...more,
});

const list = (...pages: Item[][]): Pages<Item> => ({
  pages: pages.map((data) => ({ data, meta: { total_count: pages.flat().length } })),
  pageParams: pages.map((_, index) => index + 1),
});

const ids = (pages: Pages<Item>) => pages.pages.map((page) => page.data.map((item) => item.session_id).join(""));

const three = list([row("c", 12), row("b", 10)], [row("a", 8)]);

test("a rename changes the row in its place", () => {
  const next = withRow(three, row("b", 10, { session_name: "better" }), { archived: false });
  expect(ids(next)).toEqual(["cb", "a"]);
  expect(next.pages[0]?.data[1]?.session_name).toBe("better");
  expect(next.pages[1]).toBe(three.pages[1]);
});

test("an archived session leaves the list of those in use and enters the archive", () => {
  const archived = row("b", 10, { archived: true });
  expect(ids(withRow(three, archived, { archived: false }))).toEqual(["c", "a"]);
  expect(ids(withRow(list([row("x", 11), row("y", 9)]), archived, { archived: true }))).toEqual(["xby"]);
  expect(withRow(three, archived, { archived: false }).pages[0]?.meta.total_count).toBe(2);
});

test("a session enters the page in which its time lies, or the end", () => {
  expect(ids(withRow(three, row("n", 9), {}))).toEqual(["cb", "na"]);
  expect(ids(withRow(three, row("n", 1), {}))).toEqual(["cb", "an"]);
  expect(ids(withRow(three, row("n", 23), {}))).toEqual(["ncb", "a"]);
  expect(ids(withRow(list([]), row("n", 23), { pinned: false }))).toEqual(["n"]);
});

test("a session that was worked on moves up", () => {
  const next = withRow(three, row("a", 20), { archived: false });
  expect(ids(next)).toEqual(["acb", ""]);
});

test("a list of a tag loses the session that has it no more", () => {
  const tagged = list([row("a", 1, { tags: ["work"] })]);
  expect(ids(withRow(tagged, row("a", 1, { tags: ["home"] }), { tag: "work" }))).toEqual([""]);
});

test("a list that does not change stays the same object", () => {
  expect(withRow(three, row("z", 5, { archived: true }), { archived: false })).toBe(three);
  expect(withoutRows(three, new Set(["z"]))).toBe(three);
  const page = three.pages[0];
  expect(page && pageWithout(page, new Set(["z"]))).toBe(page);
});

test("deleted sessions leave every page", () => {
  expect(ids(withoutRows(three, new Set(["a", "c"])))).toEqual(["b", ""]);
});

test("a session that slid to the next page while it was read stands once", () => {
  expect(flat([{ data: [row("b", 2), row("a", 1)] }, { data: [row("a", 1), row("z", 0)] }]).map((item) => item.session_id)).toEqual(["b", "a", "z"]);
});

test("taking a change back keeps what changed meanwhile", () => {
  const before = row("a", 1);
  const undo = inverse(before, { pinned: true });
  const meanwhile = { ...before, pinned: true, session_name: "renamed in between" };
  expect({ ...meanwhile, ...undo }).toEqual({ ...before, session_name: "renamed in between" });
});
