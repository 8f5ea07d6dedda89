import { expect, test } from "vitest";

import { fileName } from "./export";

test("the server's name for the file is taken, in whatever way it is written", () => {
  expect(fileName('attachment; filename="Tea.md"')).toBe("Tea.md");
  expect(fileName("attachment; filename=Tea.md")).toBe("Tea.md");
  expect(fileName("attachment; filename=\"T.md\"; filename*=UTF-8''T%C3%A9.md")).toBe("Té.md");
  expect(fileName("attachment; filename*=UTF-8''%E0%A4%A; filename=\"plain.md\"")).toBe("plain.md");
});

test("a name is never a path, and none is none", () => {
  expect(fileName('attachment; filename="../../etc/passwd"')).toBe(".._.._etc_passwd");
  expect(fileName("attachment")).toBeNull();
  expect(fileName(null)).toBeNull();
});
