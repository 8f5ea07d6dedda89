import type { MouseEvent } from "react";

import { useDocument } from "./context";
import { renderNodes } from "./render";

/** Moves to an element of this page without a change of its address, which belongs to the router. */
function jump(event: MouseEvent, id: string): void {
  event.preventDefault();
  const target = document.getElementById(id);
  target?.scrollIntoView({ block: "nearest" });
  target?.focus({ preventScroll: true });
}

export function FootnoteCall({ name }: { name: string }) {
  const { references, prefix } = useDocument();
  const number = references.numbers.get(name);
  if (number === undefined || !references.footnotes.has(name)) return `[^${name}]`;
  const target = `${prefix}note-${number}`;
  return (
    <sup>
      <a href={`#${target}`} id={`${prefix}call-${number}`} aria-label={`Footnote ${number}`} onClick={(event) => jump(event, target)}>
        {number}
      </a>
    </sup>
  );
}

export function Footnotes() {
  const { references, prefix } = useDocument();
  const called = [...references.numbers].filter(([name]) => references.footnotes.has(name));
  return (
    <section aria-label="Footnotes" className="md-footnotes">
      <ol>
        {called.map(([name, number]) => (
          <li key={name} value={number} id={`${prefix}note-${number}`} tabIndex={-1}>
            {renderNodes(references.footnotes.get(name)?.children ?? [], { source: "", open: false, depth: 1, inLink: false })}
            <a href={`#${prefix}call-${number}`} aria-label={`Back to footnote ${number} in the text`} onClick={(event) => jump(event, `${prefix}call-${number}`)}>
              ↩
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}
