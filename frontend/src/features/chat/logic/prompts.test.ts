import { beforeEach, describe, expect, it } from "vitest";

import { blankFrom, deletePrompt, hasBlanks, nameFor, prompts, savePrompt } from "./prompts";

const names = (): string[] => prompts.get().map((one) => one.name);

describe("saved prompts", () => {
  beforeEach(() => prompts.set([]));

  it("are kept in versioned storage, the newest on top", () => {
    savePrompt({ name: "one", text: "1" });
    savePrompt({ name: " two ", text: "2" });
    expect(names()).toEqual(["two", "one"]);
    expect(localStorage.getItem("reggie.v1.chat.prompts")).toContain('"two"');
  });

  it("stay in their place when they are changed, and come back to it when a deletion is taken back", () => {
    for (const name of ["c", "b", "a"]) savePrompt({ name, text: name });
    const [, second] = prompts.get();
    savePrompt({ id: second?.id, name: "B", text: "other" });
    expect(names()).toEqual(["a", "B", "c"]);
    const undo = deletePrompt(second?.id ?? "");
    expect(names()).toEqual(["a", "c"]);
    undo();
    undo();
    expect(names()).toEqual(["a", "B", "c"]);
  });

  it("are called by their first words until somebody names them", () => {
    expect(nameFor("  Sum this up\nin two lines")).toBe("Sum this up");
    expect(nameFor("word ".repeat(30))).toBe("word ".repeat(11) + "word");
  });
});

describe("blanks", () => {
  const text = "Write {{what}} for {{whom}}.";

  it("are gone through forward and back, and end", () => {
    const first = blankFrom(text, { start: 0, end: 0 }, false);
    expect(first).toEqual({ start: 6, end: 14 });
    const second = blankFrom(text, first ?? { start: 0, end: 0 }, false);
    expect(text.slice(second?.start, second?.end)).toBe("{{whom}}");
    expect(blankFrom(text, second ?? { start: 0, end: 0 }, false)).toBeNull();
    expect(blankFrom(text, second ?? { start: 0, end: 0 }, true)).toEqual(first);
  });

  it("are pairs of braces in one line", () => {
    expect(hasBlanks(text)).toBe(true);
    expect(hasBlanks("{{}}")).toBe(true);
    expect(hasBlanks("{{a\nb}} {c} }}{{")).toBe(false);
  });
});
