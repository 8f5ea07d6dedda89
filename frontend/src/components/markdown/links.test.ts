import { describe, expect, it } from "vitest";

import { isDataImage, namesHost, safeLink, withoutInvisible, withVisibleControls } from "./links";

const LINKS: [url: string, host: string | null][] = [
  ["https://example.com", "example.com"],
  ["http://example.com/a?b=c#d", "example.com"],
  ["HTTPS://EXAMPLE.COM/", "example.com"],
  ["https://example.com:8443/", "example.com:8443"],
  ["https://example.com:443/", "example.com"],
  ["https://sub.example.co.uk/x", "sub.example.co.uk"],
  ["https://[::1]/", "[::1]"],
  ["https://127.1/", "127.0.0.1"],
  ["https://2130706433/", "127.0.0.1"],
  ["https://bücher.example/", "xn--bcher-kva.example"],
  ["https://xn--bcher-kva.example/", "xn--bcher-kva.example"],
  ["https://аpple.com/", "xn--pple-43d.com"],
  ["https://example.com/%E2%80%AE", "example.com"],
  ["https://example.com./", "example.com."],
  ["mailto:someone@example.com", "someone@example.com"],
  ["mailto:someone@example.com?subject=x&body=secret", "someone@example.com"],
  ["MAILTO:someone@example.com", "someone@example.com"],
  ["mailto:", null],
  ["mailto:a@b@c", null],
  ["mailto:a%0Abcc:b@example.com", null],
  ["https://user@example.com/", null],
  ["https://user:word@example.com/", null],
  ["https://bank.example:pass@evil.example/", null],
  ["https://bank.example%2f@evil.example/", null],
  ["https:example.com", null],
  ["https:/example.com", null],
  ["https:///example.com", null],
  ["https:\\\\example.com", null],
  ["https:/\\example.com", null],
  ["//example.com/", null],
  ["/sessions", null],
  ["sessions", null],
  ["?q", null],
  ["#top", null],
  ["", null],
  ["https://", null],
  ["https://exa mple.com/", null],
  ["https://example.com/\u202Egnp.exe", null],
  ["https://exam\u200Bple.com/", null],
  ["https://example.com/\u0000", null],
  ["javascript:alert(1)", null],
  ["JaVaScRiPt:alert(1)", null],
  ["java\tscript:alert(1)", null],
  ["java\nscript:alert(1)", null],
  [" javascript:alert(1)", null],
  ["\u0001javascript:alert(1)", null],
  ["javascript://example.com/%0aalert(1)", null],
  ["vbscript:x", null],
  ["data:text/html,<script>x</script>", null],
  ["data:image/png;base64,AAAA", null],
  ["blob:https://example.com/x", null],
  ["file:///etc/passwd", null],
  ["ftp://example.com/", null],
  ["tel:+123", null],
  ["view-source:https://example.com", null],
  ["intent://x#Intent;end", null],
  [`https://example.com/${"a".repeat(5000)}`, null],
];

describe("addresses", () => {
  it.each(LINKS)("%j leads to %j", (url, host) => {
    expect(safeLink(url)?.host ?? null).toBe(host);
  });

  it("keep of a mail link only the address", () => {
    expect(safeLink("mailto:a@example.com?body=secret")?.href).toBe("mailto:a@example.com");
  });

  it.each([
    ["example.com", true],
    ["https://example.com/page", true],
    ["Example.com?x", true],
    ["example.com.evil.example", false],
    ["bank.example", false],
    ["see example.com", false],
    ["", false],
  ])("a text %j names its host: %j", (text, names) => {
    expect(namesHost(text, { href: "https://example.com/", host: "example.com" })).toBe(names);
  });

  it.each([
    ["data:image/png;base64,iVBORw0KGgo=", true],
    ["data:image/jpeg;base64,AAAA", true],
    ["data:image/gif;base64,AAAA", true],
    ["data:image/webp;base64,AAAA", true],
    ["data:image/svg+xml;base64,AAAA", false],
    ["data:image/png,<svg/>", false],
    ["data:image/png;base64,AAAA,<script>", false],
    ["data:text/html;base64,AAAA", false],
    ["https://example.com/x.png", false],
  ])("%j is a picture in the text: %j", (url, is) => {
    expect(isDataImage(url)).toBe(is);
  });
});

it("characters that reorder or hide are left out of texts and named in code", () => {
  expect(withoutInvisible("a\u202Eb\u2066c\u200Bd\u0000e\nf")).toBe("abcde\nf");
  expect(withVisibleControls("a\u202Eb\n\tc\u0007")).toBe("a⟦U+202E⟧b\n\tc⟦U+0007⟧");
});
