import { describe, expect, it } from "vitest";

import { ownPath, signInAddress } from "./addresses";

describe("where a sign-in leads", () => {
  it("keeps paths of the app, with what they ask for", () => {
    expect(ownPath("/chat/ses_1")).toBe("/chat/ses_1");
    expect(ownPath("/sessions?page=2&tag=a b")).toBe("/sessions?page=2&tag=a%20b");
  });

  it.each(["https://example.com/", "//example.com", "/\\example.com", "\\\\example.com", "javascript:alert(1)", "", "chat", null, 7, "/\t/example.com"])(
    "leads nowhere else: %j",
    (to) => {
      expect(ownPath(to)).toMatch(/^\/(chat|%09)?/);
      expect(new URL(`https://ours.example/app${ownPath(to)}`).host).toBe("ours.example");
    },
  );

  it("does not lead back to the door", () => {
    expect(ownPath("/sign-in?to=/sign-in")).toBe("/chat");
  });

  it("comes back out of the address as it went in", () => {
    const address = new URL(signInAddress("/sessions?tag=a&page=2"), "https://ours.example");
    expect(ownPath(address.searchParams.get("to"))).toBe("/sessions?tag=a&page=2");
  });

  it("tells of a sign-out in another tab", () => {
    expect(signInAddress(null, true)).toBe("/app/sign-in?left=elsewhere");
    expect(new URL(signInAddress("/sessions", true), "https://ours.example").searchParams.get("left")).toBe("elsewhere");
  });
});
