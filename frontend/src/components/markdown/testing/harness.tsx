// A page that shows nothing but Markdown, for corpora that would take an hour as conversations.
import { createRoot, type Root } from "react-dom/client";
import { flushSync } from "react-dom";

import { Markdown } from "@/components/markdown";

declare global {
  interface Window {
    hit?: unknown;
    show: (texts: string[], streaming: boolean) => number;
    chunk: (text: string, step: number) => number;
    reports: string[];
    finished: () => boolean;
  }
}

window.reports = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.reports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile} ${event.lineNumber} ${event.sample}`);
});

const place = document.getElementById("root") as HTMLElement;
let root: Root | null = null;

/** Shows all texts at once; returns how many elements they became. */
window.show = (texts, streaming) => {
  root?.unmount();
  root = createRoot(place);
  const current = root;
  flushSync(() => {
    current.render(
      texts.map((text, index) => (
        <article key={index}>
          <Markdown text={text} streaming={streaming} />
        </article>
      )),
    );
  });
  return place.querySelectorAll("*").length;
};

/** Shows a text as a model sends it, `step` characters at a time; returns the number of renderings. */
window.chunk = (text, step) => {
  root?.unmount();
  root = createRoot(place);
  const current = root;
  let renderings = 0;
  for (let at = step; at < text.length + step; at += step) {
    flushSync(() => current.render(<Markdown text={text.slice(0, at)} streaming={at < text.length} />));
    renderings += 1;
  }
  return renderings;
};
