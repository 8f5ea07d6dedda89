/** A "/" or "@" at the beginning of a word, and what is typed behind it. */
export interface Trigger {
  sign: "/" | "@";
  /** What is looked for. */
  query: string;
  /** Where the sign stands in the text, and where the word ends, in UTF-16 units. */
  from: number;
  to: number;
  /** Nothing but it is in the text. */
  alone: boolean;
}

const LONGEST = 40;

/** The word in which the cursor stands at the end, when it begins with a sign. A sign inside of a word, as in a/b or a@b, is none. */
export function triggerAt(text: string, cursor: number): Trigger | null {
  // A word goes on behind the cursor: it is being mended, not begun.
  if (/^\S/.test(text.slice(cursor))) return null;
  const found = /(?:^|\s)([/@])(\S*)$/.exec(text.slice(Math.max(0, cursor - LONGEST), cursor));
  if (!found) return null;
  const [, sign, query = ""] = found;
  const from = cursor - query.length - 1;
  return { sign: sign === "@" ? "@" : "/", query, from, to: cursor, alone: text.slice(0, from).trim() === "" && text.slice(cursor).trim() === "" };
}

/** The text without the word, and where the cursor then belongs. */
export function withoutTrigger(text: string, { from, to }: Pick<Trigger, "from" | "to">, put = ""): { text: string; cursor: number } {
  const before = text.slice(0, from);
  const after = text.slice(to);
  return { text: before + put + (put === "" && /\s$/.test(before) ? after.replace(/^\s/, "") : after), cursor: from + put.length };
}
