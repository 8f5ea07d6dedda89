import { expect, test } from "vitest";

import { calendarDay, grouped, groupOf } from "./groups";

const at = (text: string) => new Date(text);

test("the reader's midnight, not the server's, ends a day", () => {
  const now = at("2026-11-22T04:30:00Z");
  const moment = at("2026-11-21T23:30:00Z");
  expect(groupOf(moment, now, "UTC")).toBe("Yesterday");
  expect(groupOf(moment, now, "America/New_York")).toBe("Today");
  expect(groupOf(moment, now, "Asia/Tokyo")).toBe("Today");
  expect(groupOf(at("2026-11-21T14:59:59Z"), now, "Asia/Tokyo")).toBe("Yesterday");
});

test("a day of 23 hours and a day of 25 hours are one day each", () => {
  expect(groupOf(at("2026-03-28T23:30:00+01:00"), at("2026-03-30T00:10:00+02:00"), "Europe/Berlin")).toBe("Previous 7 days");
  expect(groupOf(at("2026-03-29T00:10:00+01:00"), at("2026-03-30T00:10:00+02:00"), "Europe/Berlin")).toBe("Yesterday");
  expect(groupOf(at("2026-10-25T00:10:00+02:00"), at("2026-10-25T23:50:00+01:00"), "Europe/Berlin")).toBe("Today");
  expect(groupOf(at("2026-10-24T23:50:00+02:00"), at("2026-10-25T23:50:00+01:00"), "Europe/Berlin")).toBe("Yesterday");
});

test("zones with half hours and beyond twelve hours have their own dates", () => {
  expect(calendarDay(at("2026-01-01T10:00:00Z"), "Pacific/Kiritimati") - calendarDay(at("2026-01-01T10:00:00Z"), "Pacific/Pago_Pago")).toBe(2);
  expect(groupOf(at("2026-05-05T18:29:59Z"), at("2026-05-05T18:30:00Z"), "Asia/Kolkata")).toBe("Yesterday");
});

test("the week reaches back seven dates, and what lies ahead is today's", () => {
  const now = at("2026-11-22T12:00:00Z");
  expect(groupOf(at("2026-11-20T23:59:59Z"), now, "UTC")).toBe("Previous 7 days");
  expect(groupOf(at("2026-11-15T00:00:00Z"), now, "UTC")).toBe("Previous 7 days");
  expect(groupOf(at("2026-11-14T23:59:59Z"), now, "UTC")).toBe("Older");
  expect(groupOf(at("2027-01-01T00:00:00Z"), now, "UTC")).toBe("Today");
  expect(groupOf(at("not a time"), now, "UTC")).toBe("Older");
});

test("groups come newest first, empty ones are left out, items keep their order", () => {
  const items = ["2026-11-01T00:00:00Z", "2026-11-22T01:00:00Z", "2026-11-22T09:00:00Z"].map((updated_at) => ({ updated_at }));
  const groups = grouped(items, at("2026-11-22T12:00:00Z"), "UTC");
  expect(groups.map((group) => [group.name, group.items.length])).toEqual([["Today", 2], ["Older", 1]]);
  expect(groups[0]?.items[0]?.updated_at).toBe("2026-11-22T01:00:00Z");
});
