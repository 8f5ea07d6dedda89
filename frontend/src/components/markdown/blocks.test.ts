import type { RootContent } from "mdast";
import { describe, expect, it } from "vitest";

import { BlockParser, type Document } from "./blocks";
import { inlineWork, isTooCostly, MOST_WORK, parse, visit } from "./parse";
import { randomFrom } from "./testing/random";

// 8,000 rounds with other seeds were without fault: ROUNDS=8000 repeats that.
const ROUNDS = Number(process.env["ROUNDS"] ?? 150);
const PATIENCE = ROUNDS * 400;

const PIECES = [
  "word", "other words", " ", "  ", "    ", "\t", "\n", "\n", "\n\n", "\n\n", "\r\n", "- ", "* ", "+ ", "1. ", "2) ", "2", ". ", "> ", ">", "# ", "###### ", "---", "===", "***",
  "```", "```js\n", "~~~", "`", "``", "*", "**", "_", "__", "~~", "[", "]", "(", ")", "[name]", "[name]: https://a.example/x\n", "[other]: <b> 'title'\n", "[other][]", "[text][name]",
  "![alt](https://a.example/i.png)", "[^1]", "[^1]: a note\n", "[^two]: note\n\n    more\n", "| a | b |\n", "| - | - |\n", "| 1 | 2 |\n", "|", "$", "$$", "$$\n", "\\(", "\\)", "\\[", "\\]", "\\[\n", "\\]\n",
  "<div>", "</div>", "<!--", "-->", "<script>", "<?", "&amp;", "&#", "\\", "!", "https://a.example/", "www.a.example", "- [ ] ", "- [x] ", "\n    code\n", "\n- item\n\n  inside\n", "\n> quote\nlazy\n", "😀", "א", "\u202e",
];

function randomDocument(random: () => number): string {
  const length = 1 + Math.floor(random() * 40);
  return Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)] ?? "").join("");
}

/** Nodes without positions: what a reader sees. */
function shape(nodes: readonly RootContent[]): unknown {
  return JSON.parse(JSON.stringify(nodes, (key, value: unknown) => (key === "position" ? undefined : value)));
}

const shapeOf = (document: Document): unknown => shape(document.blocks.flatMap((block) => block.nodes ?? []));
const whole = (text: string): unknown => shape(parse(text.replace(/\r\n?/g, "\n")));

describe("a text that is parsed as it grows", () => {
  it("has in the end the nodes of the text parsed at once, however it was cut", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      const text = randomDocument(random);
      const parser = new BlockParser();
      for (let at = 0; at < text.length; at += 1 + Math.floor(random() * 12)) parser.update(text.slice(0, at), random() < 0.5);
      const document = parser.update(text, false);
      expect(shapeOf(document), `seed ${seed}, round ${round}: ${JSON.stringify(text)}`).toEqual(whole(text));
      for (const block of document.blocks) {
        visit(block.nodes ?? [], (node) => {
          expect(node.position?.start.offset, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(block.source.length);
        });
      }
    }
  }, PATIENCE);

  it("never throws at any prefix, whole or streaming", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    for (let round = 0; round < ROUNDS / 8; round += 1) {
      const text = randomDocument(random);
      const parser = new BlockParser();
      for (let at = 0; at <= text.length; at += 1) {
        const document = parser.update(text.slice(0, at), true);
        expect(document.blocks.length, `seed ${seed}: ${JSON.stringify(text.slice(0, at))}`).toBeLessThanOrEqual(at);
      }
    }
  }, PATIENCE);

  it("gives settled blocks again as the same objects", () => {
    const parser = new BlockParser();
    const first = parser.update("# Title\n\nFirst paragraph.\n\nSecond para", true);
    const second = parser.update("# Title\n\nFirst paragraph.\n\nSecond paragraph goes on.\n\nThird", true);
    expect(second.blocks[0]).toBe(first.blocks[0]);
    expect(second.blocks.length).toBeGreaterThan(first.blocks.length);
    expect(second.references).toBe(first.references);
  });

  it("parses a long answer a small number of times its length, not its square", () => {
    const text = "A paragraph with **bold** words and `code` in it, about this long.\n\n".repeat(80);
    const parser = new BlockParser();
    for (let at = 4; at <= text.length; at += 4) parser.update(text.slice(0, at), true);
    expect(parser.parsedCharacters).toBeLessThan(text.length * 80);
  });

  it("starts again when the text is another one", () => {
    const parser = new BlockParser();
    parser.update("One\n\nTwo\n\nThree\n", false);
    expect(shapeOf(parser.update("Other", false))).toEqual(whole("Other"));
  });

  it("makes links of references whose definition comes later", () => {
    const parser = new BlockParser();
    parser.update("See [the page][name].\n\nMore\n\n", true);
    const document = parser.update("See [the page][name].\n\nMore\n\n[name]: https://a.example/\n", false);
    expect(shapeOf(document)).toEqual(whole("See [the page][name].\n\nMore\n\n[name]: https://a.example/\n"));
    expect(document.references.definitions.get("name")?.url).toBe("https://a.example/");
  });
});

describe("texts made to hold up the page", () => {
  it.each([
    ["quotes", ">".repeat(10_000) + " x"],
    ["spaced quotes", "> ".repeat(10_000) + "x"],
    ["lists on a line", "- ".repeat(10_000) + "x"],
    ["numbered lists on a line", "1. ".repeat(10_000) + "x"],
    ["lists below each other", Array.from({ length: 330 }, (_, depth) => `${"  ".repeat(depth)}- x`).join("\n")],
    ["brackets", "[".repeat(10_000) + "a" + "]".repeat(10_000)],
    ["links in links", "[a](".repeat(10_000)],
    ["images", "![".repeat(10_000)],
    ["emphasis", "*a _b ".repeat(10_000)],
    ["emphasis ends", "a* b_ ".repeat(10_000)],
    ["strikethrough", "~~a ".repeat(10_000)],
    ["code", Array.from({ length: 2400 }, (_, length) => "`".repeat((length % 90) + 1) + "a").join("")],
    ["tags", "<a ".repeat(10_000)],
    ["comments", "<!-- ".repeat(10_000)],
    ["declarations", "<!A ".repeat(10_000)],
    ["entities", "&a".repeat(20_000)],
    ["dollars", "$a ".repeat(10_000)],
    ["brackets of maths", "\\(".repeat(10_000)],
    ["dots behind an address", "www.a" + ".".repeat(50_000)],
    ["parentheses behind an address", "http://a/" + "(".repeat(50_000)],
  ])("%s are shown as they are", (_name, text) => {
    expect(isTooCostly(text)).toBe(true);
    const parser = new BlockParser();
    const document = parser.update(text, true);
    expect(parser.parsedCharacters).toBe(0);
    expect(document.blocks).toHaveLength(1);
    expect(document.blocks[0]?.nodes).toBeNull();
  });

  it("shows what follows the first 120,000 characters as it is", () => {
    const text = "A paragraph of some words, as in any text.\n\n".repeat(25_000);
    const parser = new BlockParser();
    const document = parser.update(text, false);
    expect(text.length).toBeGreaterThan(1_000_000);
    expect(parser.parsedCharacters).toBeLessThanOrEqual(120_000);
    expect(document.blocks.map((block) => block.source).join("")).toBe(text);
  });

  it("are not ordinary long answers", () => {
    const list = "- **Name**: a sentence with `code`, [a link](https://a.example) and *stress*.\n".repeat(1000);
    const table = "| a | b |\n| - | - |\n" + "| **x** | `y` [z](https://a.example) |\n".repeat(1000);
    const prose = "Words with **stress** and `code`, some more of them, and then an end. ".repeat(80) + "\n\n";
    for (const text of [list, table, prose.repeat(20)]) expect(inlineWork(text)).toBeLessThan(MOST_WORK);
    expect(isTooCostly("- - - - - - - -\n\n* * *\n")).toBe(false);
  });
});
