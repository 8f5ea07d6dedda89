import type { Definition, FootnoteDefinition, Nodes, RootContent } from "mdast";

import { completeOpenEnd } from "./complete";
import { isTooCostly, NOTHING_KNOWN, parse, visit, type Known } from "./parse";

/** A piece of a document that can be parsed alone. `nodes` is null where the text is to be shown as it is. */
export interface Block {
  /** Where it begins in the document, in characters. */
  start: number;
  source: string;
  nodes: RootContent[] | null;
  definitions: readonly Definition[];
  footnotes: readonly FootnoteDefinition[];
  /** Identifiers of footnotes in the order of their calls. */
  calls: readonly string[];
}

/** What blocks need to know of each other. The same object as long as nothing in it changed. */
export interface References {
  definitions: ReadonlyMap<string, Definition>;
  footnotes: ReadonlyMap<string, FootnoteDefinition>;
  /** Numbers of called footnotes, from 1. */
  numbers: ReadonlyMap<string, number>;
}

export interface Document {
  blocks: readonly Block[];
  references: References;
}

/** As much of a text as is formatted; what follows is shown as it is (a page of a book has 2,000 characters). */
export const MOST_FORMATTED = 120_000;

interface Settled {
  blocks: Block[];
  /** The text that the settled blocks stand for. */
  text: string;
  known: Known;
}

/**
 * Parses a growing text, each time only what may still change. A top-level block that begins behind an empty line and whose
 * first line has ended closes all before it for good, in CommonMark and its extensions; only definitions reach further, and
 * what they change is parsed again.
 */
export class BlockParser {
  #settled: Settled = { blocks: [], text: "", known: NOTHING_KNOWN };
  #references: References = { definitions: new Map(), footnotes: new Map(), numbers: new Map() };
  #signature = "";
  /** Characters parsed so far, for tests of the cost. */
  parsedCharacters = 0;

  /** The document of `text`. `streaming`: constructs that are still open at its end are shown as if they were closed. */
  update(text: string, streaming: boolean): Document {
    const source = text.replace(/\r\n?/g, "\n");
    const formatted = source.slice(0, MOST_FORMATTED);
    if (!formatted.startsWith(this.#settled.text)) this.#settled = { blocks: [], text: "", known: NOTHING_KNOWN };
    const from = this.#settled.text.length;
    let tail = this.#split(from, formatted.slice(from), this.#settled.known);
    const known = knownOf([...this.#settled.blocks, ...tail]);
    if (!sameKnown(known, this.#settled.known)) {
      this.#settled = { ...this.#settled, known, blocks: this.#settled.blocks.map((block) => this.#again(block, known)) };
      tail = this.#split(from, formatted.slice(from), known);
    }
    const last = tail.at(-1);
    this.#settled.blocks.push(...tail.slice(0, -1));
    if (last) this.#settled.text = formatted.slice(0, last.start);
    const shown = last && streaming ? this.#completed(last, known) : last;
    const blocks = [...this.#settled.blocks, ...(shown ? [shown] : [])];
    if (source.length > MOST_FORMATTED) blocks.push(plainBlock(MOST_FORMATTED, source.slice(MOST_FORMATTED)));
    return { blocks, references: this.#refer(blocks) };
  }

  #split(start: number, source: string, known: Known): Block[] {
    if (source === "") return [];
    if (isTooCostly(source)) return [plainBlock(start, source)];
    const nodes = this.#parse(source, known);
    const cuts = nodes.filter((node, index) => beginsForGood(source, node, nodes[index - 1])).map((node) => lineStartOf(source, node));
    const bounds = [0, ...cuts.filter((cut) => cut > 0), source.length];
    // One block needs no second parse: its offsets are already its own.
    if (bounds.length === 2) return [makeBlock(start, source, nodes)];
    let next = 0;
    return bounds.slice(0, -1).map((from, index) => {
      const to = bounds[index + 1] ?? source.length;
      const first = next;
      while (next < nodes.length && startOf(nodes[next]) < to) next += 1;
      const own = nodes.slice(first, next);
      for (const node of own) shift(node, -from);
      return makeBlock(start + from, source.slice(from, to), own);
    });
  }

  #again(block: Block, known: Known): Block {
    if (block.nodes === null || !block.source.includes("[")) return block;
    return makeBlock(block.start, block.source, this.#parse(block.source, known));
  }

  #completed(block: Block, known: Known): Block {
    if (block.nodes === null) return block;
    const source = completeOpenEnd(block.source, block.nodes);
    return source === block.source ? block : makeBlock(block.start, source, this.#parse(source, known));
  }

  #parse(source: string, known: Known): RootContent[] {
    this.parsedCharacters += source.length;
    return parse(source, known);
  }

  #refer(blocks: readonly Block[]): References {
    const definitions = new Map<string, Definition>();
    const footnotes = new Map<string, FootnoteDefinition>();
    const numbers = new Map<string, number>();
    for (const block of blocks) {
      for (const node of block.definitions) if (!definitions.has(node.identifier)) definitions.set(node.identifier, node);
      for (const node of block.footnotes) if (!footnotes.has(node.identifier)) footnotes.set(node.identifier, node);
      for (const call of block.calls) if (!numbers.has(call)) numbers.set(call, numbers.size + 1);
    }
    const signature = JSON.stringify([
      [...definitions.values()].map((node) => [node.identifier, node.url, node.title]),
      [...numbers.keys()],
      blocks.filter((block) => block.footnotes.length > 0).map((block) => [block.start, block.source]),
    ]);
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#references = { definitions, footnotes, numbers };
    }
    return this.#references;
  }
}

const startOf = (node: Nodes | undefined): number => node?.position?.start.offset ?? 0;

const lineStartOf = (source: string, node: Nodes): number => source.lastIndexOf("\n", startOf(node) - 1) + 1;

/**
 * Whether a node is the first behind an empty line and has a whole first line. Not behind indented code: micromark still takes the
 * line there as one that interrupts it, where an empty list item is none.
 */
function beginsForGood(source: string, node: RootContent, before: RootContent | undefined): boolean {
  if (before?.type === "code" && !/[`~]/.test(source.charAt(startOf(before)))) return false;
  const lineStart = lineStartOf(source, node);
  const lineBefore = source.lastIndexOf("\n", lineStart - 2) + 1;
  return lineStart > 0 && source.slice(lineBefore, lineStart).trim() === "" && source.includes("\n", startOf(node));
}

function shift(root: Nodes, by: number): void {
  visit([root], (node) => {
    for (const point of [node.position?.start, node.position?.end]) if (point?.offset !== undefined) point.offset += by;
  });
}

function makeBlock(start: number, source: string, nodes: RootContent[]): Block {
  const definitions: Definition[] = [];
  const footnotes: FootnoteDefinition[] = [];
  const calls: string[] = [];
  visit(nodes, (node) => {
    if (node.type === "definition") definitions.push(node);
    else if (node.type === "footnoteDefinition") footnotes.push(node);
    else if (node.type === "footnoteReference") calls.push(node.identifier);
  });
  return { start, source, nodes, definitions, footnotes, calls };
}

const plainBlock = (start: number, source: string): Block => ({ start, source, nodes: null, definitions: [], footnotes: [], calls: [] });

const knownOf = (blocks: readonly Block[]): Known => ({
  definitions: [...new Set(blocks.flatMap((block) => block.definitions.map((node) => node.identifier)))],
  footnotes: [...new Set(blocks.flatMap((block) => block.footnotes.map((node) => node.identifier)))],
});

const sameKnown = (a: Known, b: Known): boolean =>
  a.definitions.join("\n") === b.definitions.join("\n") && a.footnotes.join("\n") === b.footnotes.join("\n");
