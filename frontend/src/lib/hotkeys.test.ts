import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { listenForHotkeys, matcher, useHotkey } from "./hotkeys";
import { hotkeysOn } from "./settings";

function press(key: string, more: KeyboardEventInit = {}, on: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  on.dispatchEvent(event);
  return event;
}

describe("a key", () => {
  it.each<[string, KeyboardEventInit, boolean]>([
    ["mod+k", { key: "k", ctrlKey: true }, true],
    ["mod+k", { key: "K", ctrlKey: true }, true],
    ["mod+k", { key: "k" }, false],
    ["mod+k", { key: "k", ctrlKey: true, shiftKey: true }, false],
    ["mod+k", { key: "k", ctrlKey: true, altKey: true }, false],
    ["mod+k", { key: "k", ctrlKey: true, metaKey: true }, false],
    ["mod+shift+o", { key: "O", ctrlKey: true, shiftKey: true }, true],
    ["mod+shift+;", { key: ":", code: "Semicolon", ctrlKey: true, shiftKey: true }, true],
    ["mod+/", { key: "/", code: "Slash", ctrlKey: true }, true],
    // A German keyboard has the slash above the 7, with Shift.
    ["mod+/", { key: "/", code: "Digit7", ctrlKey: true, shiftKey: true }, true],
    ["escape", { key: "Escape" }, true],
    ["shift+escape", { key: "Escape", shiftKey: true }, true],
    ["escape", { key: "Escape", shiftKey: true }, false],
    ["?", { key: "?", shiftKey: true }, true],
  ])("%s and %j: %s", (keys, event, expected) => {
    expect(matcher(keys)(new KeyboardEvent("keydown", event))).toBe(expected);
  });
});

describe("listening", () => {
  let stop: () => void;
  beforeEach(() => {
    stop = listenForHotkeys();
  });
  afterEach(() => {
    stop();
    hotkeysOn.set(true);
    document.body.replaceChildren();
  });

  it("runs the newest active handler and keeps the browser from its own", () => {
    const [older, newer, idle] = [vi.fn(), vi.fn(), vi.fn()];
    renderHook(() => useHotkey("mod+k", older, { description: "older" }));
    const second = renderHook(() => useHotkey("mod+k", newer, { description: "newer" }));
    renderHook(() => useHotkey("mod+k", idle, { description: "idle", when: false }));
    expect(press("k", { ctrlKey: true }).defaultPrevented).toBe(true);
    expect([older, newer, idle].map((handler) => handler.mock.calls.length)).toEqual([0, 1, 0]);
    second.unmount();
    press("k", { ctrlKey: true });
    expect(older).toHaveBeenCalledOnce();
  });

  it("leaves letters to whoever is typing, and everything to an input method", () => {
    const [letter, chord] = [vi.fn(), vi.fn()];
    renderHook(() => useHotkey("?", letter, { description: "letter" }));
    renderHook(() => useHotkey("mod+k", chord, { description: "chord" }));
    const box = document.createElement("textarea");
    document.body.append(box);
    press("?", { shiftKey: true }, box);
    press("k", { ctrlKey: true, isComposing: true }, box);
    expect(letter).not.toHaveBeenCalled();
    expect(chord).not.toHaveBeenCalled();
    press("k", { ctrlKey: true }, box);
    press("?", { shiftKey: true });
    expect(letter).toHaveBeenCalledOnce();
    expect(chord).toHaveBeenCalledOnce();
  });

  it("does nothing once keys are turned off", () => {
    const handler = vi.fn();
    renderHook(() => useHotkey("mod+k", handler, { description: "search" }));
    hotkeysOn.set(false);
    expect(press("k", { ctrlKey: true }).defaultPrevented).toBe(false);
    expect(handler).not.toHaveBeenCalled();
  });
});
