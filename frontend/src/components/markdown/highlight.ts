import type { Element, Root, RootContent, Text } from "hast";

export type { Root };

// Highlighting is regular expressions over the whole text: above this the page would stand still for a moment.
export const MOST_HIGHLIGHTED = 100_000;

/** Colours for a code in a language, as a tree; null where the language is not known. Loads the highlighter when first called. */
export async function highlight(code: string, language: string): Promise<Root | null> {
  if (code.length > MOST_HIGHLIGHTED || language === "") return null;
  const { lowlight } = await import("./languages");
  return lowlight.registered(language) ? lowlight.highlight(language, code) : null;
}

export type Coloured = Element | Text;

export const coloured = (nodes: readonly RootContent[]): Coloured[] =>
  nodes.filter((node): node is Coloured => node.type === "element" || node.type === "text");
