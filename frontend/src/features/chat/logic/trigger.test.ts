import { describe, expect, it } from "vitest";

import { triggerAt, withoutTrigger } from "./trigger";

const at = (text: string) => triggerAt(text.replace("|", ""), text.indexOf("|"));

describe("a sign at the beginning of a word", () => {
  it.each([
    ["/|", { sign: "/", query: "", alone: true }],
    ["/reg|", { sign: "/", query: "reg", alone: true }],
    ["Please ask @ot|", { sign: "@", query: "ot", alone: false }],
    ["line\n/sum| more", { sign: "/", query: "sum", alone: false }],
  ])("is found in %j", (text, found) => {
    expect(at(text)).toMatchObject(found);
  });

  it.each(["and/or|", "me@home|", "/ |", "a / b|", "|/", "/ab|cd", "//x y|", ""])("is not found in %j", (text) => {
    expect(at(text)).toBeNull();
  });

  it("is not looked for in words of any length", () => {
    expect(at(`/${"x".repeat(60)}|`)).toBeNull();
  });
});

describe("the text without it", () => {
  it("keeps one space between the words around it", () => {
    expect(withoutTrigger("ask @ot now", { from: 4, to: 7 })).toEqual({ text: "ask now", cursor: 4 });
  });

  it("has what was put in its place", () => {
    expect(withoutTrigger("/sum", { from: 0, to: 4 }, "Sum up {{text}}")).toEqual({ text: "Sum up {{text}}", cursor: 15 });
  });
});
