import { renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { choose, keysOf, refusal } from "./choose-keys";
import { chosen, chosenKeys, listenForHotkeys, matcher, useHotkey } from "./hotkeys";

const ALL = [
  { keys: "mod+k", description: "Search", group: "General" },
  { keys: "mod+/", description: "Sheet", group: "General" },
];

afterEach(() => chosenKeys.set({}));

it.each<[KeyboardEventInit, string | null]>([
  [{ key: "Control", ctrlKey: true }, null],
  [{ key: "j", code: "KeyJ", ctrlKey: true }, "mod+j"],
  [{ key: "J", code: "KeyJ", ctrlKey: true, shiftKey: true }, "mod+shift+j"],
  [{ key: ":", code: "Semicolon", ctrlKey: true, shiftKey: true }, "mod+shift+;"],
  [{ key: "!", code: "Digit1", ctrlKey: true, shiftKey: true }, "mod+shift+1"],
  [{ key: "∆", code: "KeyJ", altKey: true }, "alt+j"],
  [{ key: "F2", code: "F2" }, "f2"],
])("%j is %s, and is heard as that", (init, keys) => {
  const event = new KeyboardEvent("keydown", init);
  expect(keysOf(event)).toBe(keys);
  if (keys !== null) expect(matcher(keys)(event)).toBe(true);
});

it("tells why keys cannot be had", () => {
  expect(refusal("mod+k", "mod+/", ALL)).toBe("“Ctrl /” is for “Sheet” already.");
  expect(refusal("mod+k", "mod+w", ALL)).toContain("belongs to the browser");
  expect(refusal("mod+k", "j", ALL)).toContain("is for typing");
  expect(refusal("mod+k", "shift+j", ALL)).toContain("is for typing");
  expect(refusal("mod+k", "mod+k", ALL)).toBeNull();
  choose("mod+/", "mod+j");
  expect(refusal("mod+k", "mod+/", ALL)).toBeNull();
  expect(refusal("mod+k", "mod+j", ALL)).toBe("“Ctrl J” is for “Sheet” already.");
});

it("runs what the chosen keys stand for, and the first ones no longer", () => {
  const stop = listenForHotkeys();
  const search = vi.fn();
  renderHook(() => useHotkey("mod+k", search, { description: "Search" }));
  const press = (key: string): boolean => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true }));
  choose("mod+k", "mod+j");
  press("k");
  expect(search).not.toHaveBeenCalled();
  press("j");
  expect(search).toHaveBeenCalledOnce();
  choose("mod+k", null);
  expect([chosen("mod+k"), Object.keys(chosenKeys.get())]).toEqual(["mod+k", []]);
  press("k");
  expect(search).toHaveBeenCalledTimes(2);
  stop();
});
