import type { Nodes, RootContent } from "mdast";

// The last line while it may still become something else: "-" a list, a rule or the line under a heading, "1" a list, "`" a fence.
const UNDECIDED_LINE = /(?:^|\n)[ \t]*(?:>[ \t]*)*(?:[-=_*+]+|\d{1,9}[.)]?|#{1,6}|>|`{1,2}|~{1,2}|\\|\${1,2}|\[\^?|!\[?)?[ \t]*$/;
const TABLE_ROW = /^[ \t]*\|.*$/;
const FENCE = /^[ \t]*(?:>[ \t]*)*(`{3,}|~{3,})/;

/**
 * The source of the last block of a text that still grows, changed so that nothing in it flickers: a last line that could be
 * anything is held back, a table has its second row from the start, emphasis, code, links and maths that are open are closed.
 */
export function completeOpenEnd(source: string, nodes: readonly RootContent[]): string {
  const leaf = lastLeaf(nodes);
  if (leaf?.type === "code" || leaf?.type === "math") return withoutPartialFence(source, leaf);
  const decided = source.replace(UNDECIDED_LINE, "");
  const table = completeTable(decided);
  if (table !== null) return table;
  const last = leaf ?? null;
  if (last === null || last.type === "html" || last.type === "thematicBreak" || last.type === "definition") return decided;
  const start = Math.min(last.position?.start.offset ?? 0, decided.length);
  return decided.slice(0, start) + closeInline(decided.slice(start));
}

function lastLeaf(nodes: readonly Nodes[]): Nodes | undefined {
  let last = nodes.at(-1);
  while (last && "children" in last && last.type !== "paragraph" && last.type !== "heading" && last.type !== "tableCell") {
    last = last.children.at(-1);
  }
  return last;
}

/** Without a last line that may become the closing fence. */
function withoutPartialFence(source: string, leaf: Nodes): string {
  const opening = source.slice(leaf.position?.start.offset ?? 0).charAt(0);
  const line = source.slice(source.lastIndexOf("\n") + 1);
  const within = source.indexOf("\n", leaf.position?.start.offset ?? 0) !== -1;
  const rest = line.replace(/^[ \t>]*/, "");
  const partial = within && (rest === opening || rest === opening.repeat(2));
  return partial ? source.slice(0, source.length - rest.length) : source;
}

/** A table of which only the first row, or that and a part of the second, is there. Null where there is none. */
function completeTable(source: string): string | null {
  const lines = source.trimEnd().split("\n");
  const [above, last] = [lines.at(-2) ?? "", lines.at(-1) ?? ""];
  if (lines.some((line) => FENCE.test(line))) return null;
  if (TABLE_ROW.test(above) && /^[ \t]*\|[-:|\s]*$/.test(last) && !TABLE_ROW.test(lines.at(-3) ?? "")) {
    return [...lines.slice(0, -1), delimiterRow(above)].join("\n");
  }
  if (!TABLE_ROW.test(last) || TABLE_ROW.test(above) || source.trimEnd().length < 3) return null;
  const row = closeInline(last);
  return [...lines.slice(0, -1), row, delimiterRow(row)].join("\n");
}

function delimiterRow(header: string): string {
  const cells = header.trim().replace(/^\||\\\|/g, "").replace(/\|$/, "").split("|").length;
  return `|${" - |".repeat(cells)}`;
}

interface Opener {
  mark: string;
  at: number;
}

/** One paragraph's source with its open inline constructs closed. */
export function closeInline(source: string): string {
  const openers: Opener[] = [];
  let at = 0;
  while (at < source.length) {
    const character = source.charAt(at);
    if (character === "\\") {
      const math = source.charAt(at + 1);
      if (math === "(" || math === "[") {
        const close = math === "(" ? "\\)" : "\\]";
        const end = source.indexOf(close, at + 2);
        if (end < 0) return source.slice(0, at).trimEnd() + closers(openers, source, at);
        at = end + 2;
      } else at += 2;
    } else if (character === "`" || (character === "$" && source.charAt(at + 1) === "$")) {
      const run = runAt(source, at, character);
      const end = closingRun(source, at + run.length, run);
      if (end < 0) return closeVerbatim(source, at, run, openers);
      at = end + run.length;
    } else if (character === "[") {
      const image = source.charAt(at - 1) === "!";
      const after = behindLink(source, at);
      if (after === "open") return closeLink(source, image ? at - 1 : at, image, openers);
      at = after === "none" ? at + 1 : after;
    } else if (character === "<" && /^<(?:https?:\/\/|mailto:)[^\s>]*$/i.test(source.slice(at))) {
      return source.slice(0, at).trimEnd() + closers(openers, source, at);
    } else if (character === "*" || character === "_" || (character === "~" && source.charAt(at + 1) === "~")) {
      const run = runAt(source, at, character);
      takeRun(source, at, run, openers);
      at += run.length;
    } else at += 1;
  }
  return source.trimEnd().slice(0, cutOf(openers, source)) + closers(openers, source, source.length);
}

const runAt = (source: string, at: number, character: string): string => {
  let end = at;
  while (source.charAt(end) === character) end += 1;
  return source.slice(at, end);
};

function closingRun(source: string, from: number, run: string): number {
  const character = run.charAt(0);
  for (let at = source.indexOf(run, from); at >= 0; at = source.indexOf(run, at)) {
    const found = runAt(source, at, character);
    if (found.length === run.length) return at;
    at += found.length;
  }
  return -1;
}

/** Code is closed; maths that is not whole would show as an error, so it waits. */
function closeVerbatim(source: string, at: number, run: string, openers: Opener[]): string {
  if (run.startsWith("$")) return source.slice(0, at).trimEnd() + closers(openers, source, at);
  const inside = source.slice(at + run.length).replace(/`+$/, "");
  if (inside.trim() === "") return source.slice(0, at).trimEnd() + closers(openers, source, at);
  return source.slice(0, at + run.length) + inside + run + closers(openers, source, at);
}

/** Where a link that begins at `at` ends; "open" while it may still become one; "none" where the bracket is text. */
function behindLink(source: string, at: number): number | "open" | "none" {
  let depth = 0;
  for (let index = at; index < source.length; index += 1) {
    const character = source.charAt(index);
    if (character === "\\") index += 1;
    else if (character === "[") depth += 1;
    else if (character === "]" && --depth === 0) {
      const next = source.charAt(index + 1);
      if (next === "") return "open";
      if (next === "[" && !source.includes("]", index + 2)) return "open";
      if (next !== "(") return "none";
      const end = source.indexOf(")", index + 2);
      return end < 0 ? "open" : end + 1;
    }
  }
  return "open";
}

/** The text of an open link without its address; of an open image nothing. */
function closeLink(source: string, at: number, image: boolean, openers: Opener[]): string {
  const before = source.slice(0, at);
  if (image || source.charAt(at + 1) === "^") return before.trimEnd() + closers(openers, source, at);
  const label = /^\[((?:\\.|[^\]\\])*)/s.exec(source.slice(at))?.[1] ?? "";
  return before + closeInline(label) + closers(openers, source, at);
}

function takeRun(source: string, at: number, run: string, openers: Opener[]): void {
  const before = source.charAt(at - 1);
  const after = source.charAt(at + run.length);
  const canClose = before !== "" && !/\s/.test(before);
  const inWord = run.startsWith("_") && /\w/.test(before) && /\w/.test(after);
  if (inWord) return;
  let left = run.length;
  while (canClose && left > 0 && openers.at(-1)?.mark.startsWith(run.charAt(0))) {
    const opener = openers.at(-1);
    if (!opener) break;
    if (left < opener.mark.length) {
      // A closing mark of which only a part is there.
      if (after === "") return;
      opener.mark = opener.mark.slice(left);
      return;
    }
    left -= opener.mark.length;
    openers.pop();
  }
  if (left > 0 && left <= 3 && !/\s/.test(after)) openers.push({ mark: run.slice(0, left), at: at + run.length - left });
}

/** How much of the source stays: not a mark that is opened at its very end, nor a part of a closing one. */
function cutOf(openers: Opener[], source: string): number {
  const text = source.trimEnd();
  const last = openers.at(-1);
  if (!last) return text.length;
  if (last.at + last.mark.length >= text.length) {
    openers.pop();
    return Math.min(last.at, cutOf(openers, text.slice(0, last.at)));
  }
  let tail = 0;
  while (text.charAt(text.length - 1 - tail) === last.mark.charAt(0)) tail += 1;
  return tail > 0 && tail < last.mark.length ? text.length - tail : text.length;
}

function closers(openers: readonly Opener[], _source: string, before: number): string {
  return openers
    .filter((opener) => opener.at + opener.mark.length < before)
    .map((opener) => opener.mark)
    .reverse()
    .join("");
}
