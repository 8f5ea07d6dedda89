/** Texts that a person keeps to send again, with blanks like {{topic}} to fill in. This browser keeps them, until its owner signs out. */
import { stored } from "@/lib/storage";

import { newId } from "./ids";

export interface Prompt {
  id: string;
  name: string;
  text: string;
}

export const LONGEST_NAME = 60;

export const prompts = stored<readonly Prompt[]>("chat.prompts", [], fits);

/** Keeps a prompt: a new one on top, a known one (with an id) where it was. */
export function savePrompt({ id, name, text }: Omit<Prompt, "id"> & { id?: string | undefined }): void {
  const made: Prompt = { id: id ?? newId("prm"), name: name.trim().slice(0, LONGEST_NAME), text };
  prompts.set((all) => (all.some((one) => one.id === id) ? all.map((one) => (one.id === id ? made : one)) : [made, ...all]));
}

/** Takes a prompt away; the answer puts it back to where it was. */
export function deletePrompt(id: string): () => void {
  const before = prompts.get();
  const at = before.findIndex((one) => one.id === id);
  const prompt = before[at];
  prompts.set((all) => all.filter((one) => one.id !== id));
  return () => {
    if (prompt && !prompts.get().some((one) => one.id === id)) prompts.set((all) => all.toSpliced(at, 0, prompt));
  };
}

/** What a text may be called until its owner has named it: its first words. */
export function nameFor(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length <= LONGEST_NAME ? line : line.slice(0, LONGEST_NAME).replace(/\s+\S*$/, "");
}

const BLANK = /\{\{[^{}\n]{0,80}\}\}/g;

/** The next blank behind a place in the text, or the one before it; null: there is none. */
export function blankFrom(text: string, place: { start: number; end: number }, back: boolean): { start: number; end: number } | null {
  const all = [...text.matchAll(BLANK)].map(({ index, 0: found }) => ({ start: index, end: index + found.length }));
  return (back ? all.findLast((one) => one.end <= place.start) : all.find((one) => one.start >= place.end)) ?? null;
}

export function hasBlanks(text: string): boolean {
  return text.includes("{{") && text.search(BLANK) >= 0;
}

function fits(value: unknown): boolean {
  return Array.isArray(value) && value.every((item: unknown) => typeof item === "object" && item !== null && "id" in item && "name" in item && typeof item.name === "string" && "text" in item && typeof item.text === "string");
}
