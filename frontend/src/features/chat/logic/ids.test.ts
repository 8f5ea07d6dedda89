import { expect, it, vi } from "vitest";

import { newId } from "./ids";

it("an id has the API's shape and order of bits", () => {
  expect(newId("ses")).toMatch(/^ses_[a-z2-7]{26}$/);
  vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
    if (array instanceof Uint8Array) array.set(Array.from({ length: 16 }, (_, n) => n));
    return array;
  });
  // base64.b32encode(bytes(range(16))) of Python, lower case, without padding.
  expect(newId("ses")).toBe("ses_aaaqeayeaudaocajbifqydiob4");
});
