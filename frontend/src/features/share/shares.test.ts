import { expect, test } from "vitest";

import { shareAddress } from "./shares";

test("the link that is passed on leads to the app's page of the share, not to the API", () => {
  const share = { share_id: "shr_a/b", url: "/shares/shr_a/b", created_at: "2026-11-22T12:00:00Z" };
  expect(shareAddress(share, "/app/", "https://reggie.example")).toBe("https://reggie.example/app/share/shr_a%2Fb");
  expect(shareAddress(share, "/", "http://localhost:8080")).toBe("http://localhost:8080/share/shr_a%2Fb");
});
