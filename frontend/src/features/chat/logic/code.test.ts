import { expect, it } from "vitest";

import { lastCode } from "./code";

it("finds the last block of code", () => {
  expect(lastCode("a\n```py\nfirst()\n```\nb\n~~~\nsecond()\n\nthird()\n~~~\nend")).toBe("second()\n\nthird()");
});

it("takes what stands there of a block that is still written", () => {
  expect(lastCode("```js\nold()\n```\n```js\nnew(")).toBe("new(");
});

it("keeps shorter and other fences inside, and the indentation behind that of the fence", () => {
  expect(lastCode("````md\n```\ninner\n```\n~~~\n````")).toBe("```\ninner\n```\n~~~");
  expect(lastCode("1. so:\n   ```py\n   if a:\n     b()\n   ```")).toBe("if a:\n  b()");
});

it.each(["", "no code", "`in a line`", "```in``` a line"])("has none in %j", (markdown) => {
  expect(lastCode(markdown)).toBeNull();
});
