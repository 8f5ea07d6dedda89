import type { Nodes, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import type { Construct, ParseContext } from "micromark-util-types";

import { syntax } from "./grammar";
import { nodes } from "./nodes";

/** Names of link definitions and footnotes that stand elsewhere in the document. */
export interface Known {
  definitions: readonly string[];
  footnotes: readonly string[];
}

export const NOTHING_KNOWN: Known = { definitions: [], footnotes: [] };

interface Parser extends ParseContext {
  gfmFootnotes?: string[];
}

/** Tells the tokenizer of definitions outside of what it reads: without, "[text][name]" would not become a link. */
function knowing(known: Known): Construct {
  // The tokenizer keeps names in upper case, the nodes the same names in lower case.
  const definitions = known.definitions.map((name) => name.toUpperCase());
  const footnotes = known.footnotes.map((name) => name.toUpperCase());
  return {
    tokenize(_effects, _ok, nok) {
      const parser: Parser = this.parser;
      add(parser.defined, definitions);
      add((parser.gfmFootnotes ??= []), footnotes);
      return nok;
    },
  };
}

function add(names: string[], more: readonly string[]): void {
  for (const name of more) if (!names.includes(name)) names.push(name);
}

/** The nodes of a piece of Markdown, offsets counted from its beginning. Check `isTooCostly` before. */
export function parse(source: string, known: Known = NOTHING_KNOWN): RootContent[] {
  const extensions = known.definitions.length + known.footnotes.length > 0 ? [...syntax, { document: { null: knowing(known) } }] : syntax;
  return fromMarkdown(source, { extensions, mdastExtensions: nodes }).children;
}

// Above these a text is shown as it is. Ordinary long answers stay far below: a paragraph of 5,000 characters with 200 marks is
// a work of 1,000,000.
export const MOST_WORK = 100_000_000;
const DEEPEST_MARKERS = 40;
const DEEPEST_INDENT = 120;
const CONTAINER_MARKERS = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])(?=[ \t>]|$))+/;
const STARTS_OWN_TEXT = /^[ \t]*(?:[>*+-] |\d{1,9}[.)] |#{1,6} |\|)/;

/**
 * An upper bound of the steps that parsing takes beyond the linear ones. Marks inside one run of text are matched with each other
 * (brackets, emphasis, code, maths, tags), which is quadratic at worst; so are rows of punctuation behind a bare address, lines of one paragraph and items of inner lists. The
 * weights make 100,000,000 about a second of a slow computer for each of them.
 */
export function inlineWork(source: string): number {
  let work = 0;
  let marks = 0;
  let length = 0;
  let lines = 0;
  let inner = 0;
  for (const line of source.split("\n")) {
    if (line.trim() === "" || STARTS_OWN_TEXT.test(line)) {
      work += marks * length + 4 * lines * lines;
      marks = 0;
      length = 0;
      lines = 0;
    }
    length += line.length;
    lines += 1;
    if (/^[ \t]+(?:[*+-]|\d{1,9}[.)])(?:\s|$)/.test(line)) inner += 1;
    marks += line.match(/[[\]*_~<&`$\\!]/g)?.length ?? 0;
    for (const row of line.match(/[!-/:-@[-`{-~]{100,}/g) ?? []) work += 20 * row.length * row.length;
  }
  return work + marks * length + 4 * lines * lines + 100 * inner * inner;
}

function nestsTooDeep(source: string): boolean {
  for (const line of source.split("\n")) {
    const markers = CONTAINER_MARKERS.exec(line)?.[0] ?? "";
    if (markers.replace(/[ \t\d]/g, "").length > DEEPEST_MARKERS) return true;
    const indent = /^[ \t]*/.exec(line)?.[0].replace(/\t/g, "    ").length ?? 0;
    if (indent > DEEPEST_INDENT && /^\s*(?:[>*+-]|\d{1,9}[.)])(?:\s|$)/.test(line)) return true;
  }
  return false;
}

/** Whether a text is made so that parsing it would hold up the page. */
export const isTooCostly = (source: string): boolean => nestsTooDeep(source) || inlineWork(source) > MOST_WORK;

/** Calls for every node below and including the given ones, parents first, without recursion. */
export function visit(roots: readonly Nodes[], see: (node: Nodes) => void): void {
  const open: Nodes[] = [...roots].reverse();
  for (let node = open.pop(); node; node = open.pop()) {
    see(node);
    if ("children" in node) open.push(...[...node.children].reverse());
  }
}
