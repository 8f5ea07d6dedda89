// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { inPieces, readAloud, speaking, stopReading } from "./speech";

interface Utterance {
  text: string;
  onend?: () => void;
  onerror?: () => void;
}

const said: Utterance[] = [];

beforeEach(() => {
  said.length = 0;
  vi.stubGlobal("SpeechSynthesisUtterance", function utterance(this: Utterance, text: string) {
    this.text = text;
  });
  vi.stubGlobal("speechSynthesis", { speak: (utterance: Utterance) => said.push(utterance), cancel: () => undefined });
});
afterEach(() => {
  stopReading();
  vi.unstubAllGlobals();
});

it("cuts a text where sentences end, and loses none", () => {
  const sentences = Array.from({ length: 40 }, (_, n) => `This is sentence number ${n}.`);
  const pieces = inPieces(sentences.join(" "));
  expect(pieces.length).toBeGreaterThan(3);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(200);
  expect(pieces.join(" ")).toBe(sentences.join(" "));
});

it("tells what is read until its end", () => {
  readAloud("a", "One.\n\nTwo.");
  expect(said.map((one) => one.text)).toEqual(["One. Two."]);
  expect(speaking.get()).toBe("a");
  said[0]?.onend?.();
  expect(speaking.get()).toBeNull();
});

it("goes on with the next text though the one before ends late", () => {
  readAloud("a", "One.");
  readAloud("a", "One again.");
  said[0]?.onerror?.();
  expect(speaking.get()).toBe("a");
  readAloud("b", "Two.");
  said[1]?.onend?.();
  expect(speaking.get()).toBe("b");
});

it("says nothing of an empty text", () => {
  readAloud("a", " \n ");
  expect(said).toEqual([]);
  expect(speaking.get()).toBeNull();
});
