import { createStore } from "./store";

/** What is being read aloud, by the name that `readAloud` was given; null: nothing. */
export const speaking = createStore<string | null>(null);

let turns = 0;

/** Some browsers fall silent in the midst of a long utterance: each gets a few sentences, about so many characters. */
const PIECE = 200;

export const canSpeak = (): boolean => "speechSynthesis" in globalThis;

/** Reads a text with the system's voice, in the place of what was being read. */
export function readAloud(name: string, text: string): void {
  stopReading();
  const turn = (turns += 1);
  const pieces = inPieces(text);
  const last = pieces.length - 1;
  if (last < 0) return;
  speaking.set(name);
  // The voice would outlive the page.
  addEventListener("pagehide", stopReading, { once: true });
  pieces.forEach((piece, n) => {
    const utterance = new SpeechSynthesisUtterance(piece);
    // What was stopped ends later, when something else may be read.
    const over = (): void => speaking.set((now) => (turn === turns ? null : now));
    if (n === last) utterance.onend = over;
    utterance.onerror = over;
    speechSynthesis.speak(utterance);
  });
}

export function stopReading(): void {
  turns += 1;
  speaking.set(null);
  if (canSpeak()) speechSynthesis.cancel();
}

/** A text in pieces that end where sentences do. */
export function inPieces(text: string): string[] {
  const pieces: string[] = [];
  for (const sentence of text.split(/(?<=[.!?。！？])\s+|\n+/)) {
    const before = pieces.at(-1);
    if (sentence.trim() === "") continue;
    if (before !== undefined && before.length + sentence.length < PIECE) pieces[pieces.length - 1] = `${before} ${sentence}`;
    else pieces.push(sentence);
  }
  return pieces;
}
