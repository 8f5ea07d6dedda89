import { expect, test } from "vitest";

import { pieces } from "./highlight";

const shown = (text: string, ranges: number[][]) =>
  pieces(text, ranges)
    .map((piece) => (piece.hit ? `[${piece.text}]` : piece.text))
    .join("");

test("hits stand between the text around them", () => {
  expect(shown("the quick fox", [[4, 9]])).toBe("the [quick] fox");
  expect(shown("the quick fox", [[0, 3], [10, 13]])).toBe("[the] quick [fox]");
  expect(shown("plain", [])).toBe("plain");
  expect(shown("", [[0, 4]])).toBe("");
});

test("ranges that overlap, touch or come unsorted are joined", () => {
  expect(shown("abcdef", [[3, 5], [0, 2], [1, 3]])).toBe("[abcde]f");
});

test("ranges beyond the text, empty or backwards do no harm", () => {
  expect(shown("abc", [[-4, 1], [2, 99], [1, 1], [9, 3]])).toBe("[a]b[c]");
  expect(shown("abc", [[]])).toBe("abc");
});

test("offsets are UTF-16, and no character is cut in two", () => {
  expect(shown("🙂 hello", [[3, 8]])).toBe("🙂 [hello]");
  expect(shown("a🙂b", [[2, 3]])).toBe("a[🙂]b");
  expect(shown("a🙂b", [[1, 2]])).toBe("a[🙂]b");
});

test("whatever the ranges, the pieces give the text back", () => {
  let seed = 20261122;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const text = "né 🙂🙃 and 日本語 again";
  for (let round = 0; round < 500; round++) {
    const ranges = Array.from({ length: random(5) }, () => [random(30) - 3, random(30) - 3]);
    const result = pieces(text, ranges);
    expect(result.map((piece) => piece.text).join(""), `ranges ${JSON.stringify(ranges)}`).toBe(text);
    for (const piece of result) expect(() => encodeURIComponent(piece.text), `ranges ${JSON.stringify(ranges)}`).not.toThrow();
  }
});
