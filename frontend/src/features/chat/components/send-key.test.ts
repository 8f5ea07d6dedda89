import { expect, it } from "vitest";

import { sends } from "./send-key";

const enter = { key: "Enter", shiftKey: false, metaKey: false, ctrlKey: false, altKey: false, keyCode: 13, nativeEvent: { isComposing: false } };

it("Enter sends, Shift+Enter makes a line, unless the reader swapped them", () => {
  expect(sends(enter, "enter")).toBe(true);
  expect(sends({ ...enter, shiftKey: true }, "enter")).toBe(false);
  expect(sends(enter, "mod+enter")).toBe(false);
  expect(sends({ ...enter, ctrlKey: true }, "mod+enter")).toBe(true);
});

it("an Enter that ends a composed word sends nothing", () => {
  expect(sends({ ...enter, nativeEvent: { isComposing: true } }, "enter")).toBe(false);
  expect(sends({ ...enter, keyCode: 229 }, "enter")).toBe(false);
});
