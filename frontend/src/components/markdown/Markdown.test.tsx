import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { closeInline } from "./complete";
import { Markdown } from "./Markdown";
import { markdownToPlain } from "./plain";

afterEach(cleanup);

const html = (text: string, streaming = false): string => {
  const { container } = render(<Markdown text={text} streaming={streaming} />);
  // eslint-disable-next-line no-restricted-syntax -- reads what became of a text
  return container.firstElementChild?.innerHTML ?? "";
};
const words = (text: string, streaming = false): string => {
  const { container } = render(<Markdown text={text} streaming={streaming} />);
  return container.textContent;
};

describe("GitHub's Markdown", () => {
  it.each([
    ["# One", "<h3"],
    ["###### Six", "<h6"],
    ["**a** *b* ~~c~~ `d`", "<strong>a</strong> <em>b</em> <del>c</del> <code"],
    ["- a\n- b", "<ul><li"],
    ["3. a", '<ol start="3">'],
    ["- [x] a", 'type="checkbox"'],
    ["> a", "<blockquote"],
    ["a  \nb", "<br>"],
    ["---", "<hr>"],
    ["| a |\n| :-: |\n| b<br>c |", "b<br>c"],
    ["&copy; &notanentity; &amp;", "© &amp;notanentity; &amp;"],
  ])("%j becomes %j", (text, part) => {
    expect(html(text)).toContain(part);
  });

  it("numbers footnotes in the order of their calls and leads back", () => {
    html("A[^b] and B[^a] and C[^b].\n\n[^a]: first\n\n[^b]: second");
    expect(screen.getAllByRole("link", { name: "Footnote 1" })).toHaveLength(2);
    expect(screen.getByRole("region", { name: "Footnotes" }).textContent).toMatch(/second.*first/);
  });

  it("takes money for money and maths for maths", () => {
    expect(html("it costs $5 or $10")).not.toContain("md-math");
    for (const text of ["$x^2$", "\\(x\\)", "$$\nx\n$$", "\\[\nx\n\\]", "a \\[ x \\] b"]) expect(html(text)).toContain("md-math");
  });
});

describe("what does not become an element", () => {
  it.each([
    ["<script>alert(1)</script>", "script"],
    ["<img src=x onerror=alert(1)>", "img"],
    ["a <b onclick=x>b</b>", "b"],
    ["![x](https://a.example/x.png)", "img"],
    ["![x][r]\n\n[r]: https://a.example/x.png", "img"],
    ["![x](data:image/svg+xml;base64,AAAA)", "img"],
    ["[x](javascript:alert(1))", "a"],
    ["[x](/sessions)", "a"],
    ["[x](https://a@b.example)", "a"],
    ["<javascript:alert(1)>", "a"],
    ["<br onload=alert(1)>", "br"],
  ])("%j makes no %s", (text, tag) => {
    const { container } = render(<Markdown text={text} />);
    expect(container.querySelector(tag)).toBeNull();
  });

  it("is HTML: it is shown as it was written", () => {
    expect(words("<b>x</b> <!-- y -->")).toBe("<b>x</b> <!-- y -->");
  });

  it("a link says where it leads unless its text does", () => {
    expect(words("[bank](https://evil.example/x)")).toBe("bank (evil.example)");
    expect(words("[https://bank.example](https://evil.example/x)")).toContain("(evil.example)");
    expect(words("<https://a.example/x>")).toBe("https://a.example/x");
    expect(screen.getAllByRole("link")[0]?.getAttribute("rel")).toBe("noopener noreferrer nofollow");
  });
});

describe("a text that still grows", () => {
  it.each([
    ["a **bo", "a bo"],
    ["a **", "a"],
    ["a **bold*", "a bold"],
    ["a *it **bo", "a it bo"],
    ["a `co", "a co"],
    ["a [link", "a link"],
    ["a [link](https://a.exa", "a link"],
    ["a ![pict", "a"],
    ["a ![picture](https://a.exa", "a"],
    ["a $$x^", "a"],
    ["a \\(x", "a"],
    ["a ~~b", "a b"],
    ["Text\n-", "Text"],
    ["Text\n=", "Text"],
    ["Text\n\n1", "Text"],
    ["a <https://a.exa", "a"],
    ["snake_case and __init__ an", "snake_case and init an"],
  ])("%j is shown as %j", (text, shown) => {
    expect(words(text, true).trim()).toBe(shown);
  });

  it.each(["| a | b |", "| a | b |\n", "| a | b |\n|", "| a | b |\n| - | -", "| a | **b"])("%j is a table already", (text) => {
    expect(html(text, true)).toContain("<table>");
  });

  it("closes nothing in a text that is whole", () => {
    for (const text of ["a **b** c", "`a` b", "[a](https://b.example) c", "2 * 3 * 4", "a_b_c", "\\*a", "*a **b***"]) expect(closeInline(text)).toBe(text);
  });

  it("shows no half fence of code and no diagram before its end", () => {
    expect(words("```js\nlet a\n``", true)).not.toContain("``");
    const { container } = render(<Markdown text={"```mermaid\ngraph TD\n"} streaming />);
    expect(container.querySelector("iframe")).toBeNull();
  });
});

it("plain text keeps what can be read", () => {
  const text = "# Head\n\nA **b** [c](https://d.example) `e`\n\n- [x] f\n- g\n\n| h | i |\n| - | - |\n| j | k |\n\n```js\nl\n```\n";
  expect(markdownToPlain(text)).toBe("Head\n\nA b c (https://d.example) e\n\n• ☑ f\n• g\n\nh\ti\nj\tk\n\nl");
});
