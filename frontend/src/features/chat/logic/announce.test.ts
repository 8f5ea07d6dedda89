import { expect, it } from "vitest";

import { nextAnnouncement } from "./announce";

it("tells whole sentences, and the rest at the end", () => {
  expect(nextAnnouncement("It is tw", 0, false)).toEqual({ piece: "", said: 0 });
  expect(nextAnnouncement("It is **two**. And", 0, false)).toEqual({ piece: "It is two.", said: 15 });
  expect(nextAnnouncement("It is **two**. And that", 15, true)).toEqual({ piece: "And that", said: 23 });
});

it("does not read code out, nor half of it", () => {
  const code = "See:\n\n```py\nprint(1). \n";
  expect(nextAnnouncement(code, 6, false).piece).toBe("");
  expect(nextAnnouncement(`${code}\`\`\`\n`, 0, true).piece).toBe("See: (code)");
});
