import { describe, expect, it } from "vitest";

import { firstLetter, formatBytes, formatDuration, formatMoney, formatTokens, timeAgo, toDate } from "./format";

const NOW = new Date(2026, 10, 22, 15, 0, 0);
const ago = (seconds: number): string => timeAgo(NOW.getTime() - seconds * 1000, NOW);

describe("how long ago", () => {
  it.each<[number, string]>([
    [-5, "just now"],
    [44, "just now"],
    [46, "1 min ago"],
    [59 * 60, "59 min ago"],
    [3600, "1 h ago"],
    [14 * 3600, "14 h ago"],
    [16 * 3600, "yesterday"],
    [3 * 86400, "3 days ago"],
    [8 * 86400, "14 Nov"],
    [400 * 86400, "18 Oct 2025"],
  ])("%i s: %s", (seconds, text) => expect(ago(seconds)).toBe(text));

  it("reads seconds, milliseconds and ISO", () => {
    expect(toDate(1_700_000_000)).toEqual(toDate(1_700_000_000_000));
    expect(toDate("2023-11-14T22:13:20Z")).toEqual(toDate(1_700_000_000));
    expect(timeAgo("no date")).toBe("");
  });
});

describe("amounts", () => {
  it.each<[number, string]>([
    [0, "0"],
    [999, "999"],
    [1000, "1k"],
    [12_345, "12.3k"],
    [999_949, "1000k"],
    [999_950, "1M"],
    [4_540_000, "4.5M"],
  ])("%d tokens: %s", (count, text) => expect(formatTokens(count)).toBe(text));

  it.each<[number, string]>([
    [0, "$0"],
    [0.00001, "<$0.0001"],
    [0.0042, "$0.0042"],
    [0.12, "$0.12"],
    [1234.5, "$1,234.50"],
  ])("%d dollars: %s", (dollars, text) => expect(formatMoney(dollars)).toBe(text));

  it.each<[number, string]>([
    [0, "0 B"],
    [999, "999 B"],
    [1500, "1.5 kB"],
    [999_999, "1 MB"],
    [3_210_000, "3.2 MB"],
  ])("%d bytes: %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each<[number, string]>([
    [0.12, "120 ms"],
    [0.9999, "1 s"],
    [3.44, "3.4 s"],
    [59.96, "1 min"],
    [125, "2 min 5 s"],
    [3780, "1 h 3 min"],
    [7199, "2 h"],
    [-1, ""],
    [Number.NaN, ""],
  ])("%d s: %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("a name's first letter", () => {
  it.each([
    ["ada", "A"],
    ["  émile", "É"],
    ["👩‍🚀 crew", "👩‍🚀"],
    ["", ""],
  ])("%j: %j", (name, letter) => expect(firstLetter(name)).toBe(letter));
});
