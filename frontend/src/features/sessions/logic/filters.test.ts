import { expect, test } from "vitest";

import { isFiltered, listQuery, validSessionsSearch, withFilter } from "./filters";

test("an address that nobody should have typed is read as far as it makes sense", () => {
  expect(validSessionsSearch({ page: "-3", size: 7, sort: "name; drop", order: "up", archived: "maybe", q: { $gt: "" }, tag: "x".repeat(90) })).toEqual({
    tag: "x".repeat(40),
  });
  expect(validSessionsSearch({ page: 1e9, size: Number.NaN, agent: null })).toEqual({});
});

test("what an address says survives being read twice", () => {
  const search = { q: "42", agent: "helper", tag: "work", archived: true, running: true, sort: "created_at", order: "asc", page: 3, size: 50 } as const;
  expect(validSessionsSearch({ ...search })).toEqual(search);
  expect(validSessionsSearch({ q: 42, page: "3" })).toEqual({ q: "42", page: 3 });
});

test("a default is not written into the address", () => {
  expect(validSessionsSearch({ sort: "updated_at", order: "desc", page: 1, size: 20, archived: false, q: "" })).toEqual({});
});

test("another filter leads back to the first page, another page keeps the filter", () => {
  expect(withFilter({ page: 4, tag: "work" }, { tag: "home" })).toEqual({ tag: "home" });
  expect(withFilter({ page: 4, tag: "work" }, { page: 5 })).toEqual({ tag: "work", page: 5 });
  expect(withFilter({ page: 4, tag: "work" }, { tag: undefined })).toEqual({});
});

test("paging and sorting are no filter", () => {
  expect(isFiltered({ page: 2, sort: "created_at" })).toBe(false);
  expect(isFiltered({ running: true })).toBe(true);
});

test("without archived=true the archive is left out", () => {
  expect(listQuery({})).toEqual({ page: "1", limit: "20", sort_by: "updated_at", sort_order: "desc", archived: "false" });
  expect(listQuery({ archived: true, q: "tea", agent: "a", tag: "t", running: true, page: 2, size: 50 })).toMatchObject({
    archived: "true", session_name: "tea", component_id: "a", tag: "t", running: "true", page: "2", limit: "50",
  });
});
