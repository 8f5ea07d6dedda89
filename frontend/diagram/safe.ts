// Keeps a diagram from asking for anything outside. The frame's policy forbids that too: here nothing is even tried, and what is saved
// as a file, which no policy follows, holds nothing to fetch.

/** Invisible, and no letter: `url(` with it inside is a word to a reader and an unknown function to a style sheet. */
const JOINER = "\u2060";
/** What fetches in style sheets, shapes and tags, and the backslash by which a style sheet may spell all that (`\n` ends a line). */
const FETCHES = /(?<=\b(?:url|image-set))(?=\s*\()|(?<=\bimg)(?=\s*:)|(?<=@)(?=import)|(?<=<)(?=\s*(?:img|image|iframe|object|embed|link|style|video|audio|source|use)\b)|(?<=\\)(?!n)/gi;
/** The same in what has been drawn, besides the drawing's own parts (`#arrow`). */
const OUTSIDE = /[\\\u2060]|@import|(?:url|src|image|image-set|cross-fade)\(\s*(?!["']?#)/i;

/** The source in which nothing fetches, and which reads as before. A diagram whose syntax needs one of these cannot be drawn. */
export const harmless = (source: string): string => source.replace(FETCHES, JOINER);

/** The drawing as an element that has loaded nothing, without what could: links, addresses and such styles. */
export function drawingOf(svg: string): SVGSVGElement {
  // A document of its own that is shown nowhere loads nothing.
  const drawing = new DOMParser().parseFromString(svg, "text/html").body.querySelector("svg");
  if (drawing === null) throw new Error("There is nothing to draw.");
  for (const part of drawing.querySelectorAll("script, iframe, object, embed, image, feImage, img, video, audio, source, link, meta, base")) part.remove();
  for (const part of [drawing, ...drawing.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) {
      const isAddress = /(?:^|:)(?:href|src|srcset|from|to|values|by)$/i.test(name);
      if (/^on/i.test(name) || (isAddress && !value.trim().startsWith("#")) || OUTSIDE.test(value)) part.removeAttribute(name);
    }
  }
  for (const part of drawing.querySelectorAll("style")) part.textContent = rulesOf(part.textContent);
  const texts = document.createTreeWalker(drawing, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement?.localName !== "style") text.nodeValue = text.nodeValue?.replaceAll(JOINER, "") ?? "";
  }
  return document.importNode(drawing, true);
}

/** A style sheet as the browser understands it, without the rules that fetch. One that is only constructed ignores `@import`. */
function rulesOf(css: string): string {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return [...sheet.cssRules]
    .map((rule) => rule.cssText)
    .filter((rule) => !OUTSIDE.test(rule))
    .join("\n");
}
