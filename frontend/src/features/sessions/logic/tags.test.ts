import { expect, test } from "vitest";

import { withTags } from "./tags";

test("a tag that the list lacks stands behind it once, without a count", () => {
  const list = [
    { tag: "work", sessions: 3 },
    { tag: "home", sessions: 1 },
  ];
  expect(withTags(list, ["zoo", "home", undefined, "art", "zoo"])).toEqual([...list, { tag: "art", sessions: 0 }, { tag: "zoo", sessions: 0 }]);
  expect(withTags(list, [])).toEqual(list);
});
