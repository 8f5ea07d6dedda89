import { memo, useId, useMemo, useState } from "react";

import { BlockParser, type Block, type References } from "./blocks";
import { DocumentContext, type DocumentValue } from "./context";
import { Footnotes } from "./Footnotes";
import "./markdown.css";
import { renderNodes } from "./render";

interface MarkdownProps {
  text: string;
  /** Whether more text follows: constructs that are still open are then shown as if they were closed. */
  streaming?: boolean;
  className?: string;
}

/**
 * What a model wrote, as elements of a fixed list of kinds: HTML in it is shown as text, no address outside is asked for anything,
 * and no string becomes markup. Blocks that cannot change any more are neither parsed nor rendered again.
 */
export const Markdown = memo(function Markdown({ text, streaming = false, className }: MarkdownProps) {
  const [parser] = useState(() => new BlockParser());
  const { blocks, references } = useMemo(() => parser.update(text, streaming), [parser, text, streaming]);
  const prefix = useId();
  const value = useMemo<DocumentValue>(() => ({ references, prefix }), [references, prefix]);
  return (
    <DocumentContext value={value}>
      <div className={`markdown ${className ?? ""}`} dir="auto">
        {blocks.map((block, index) => (
          <BlockView key={block.start} block={block} open={streaming && index === blocks.length - 1} />
        ))}
        <FootnotesWhereCalled references={references} />
      </div>
    </DocumentContext>
  );
});

const BlockView = memo(function BlockView({ block, open }: { block: Block; open: boolean }) {
  if (block.nodes === null) return <PlainText text={block.source} />;
  return renderNodes(block.nodes, { source: block.source, open, depth: 0, inLink: false });
});

// One text node of a megabyte is laid out again as a whole; pieces off the screen are skipped (see markdown.css).
const PIECE = 20_000;

function PlainText({ text }: { text: string }) {
  const pieces = Array.from({ length: Math.ceil(text.length / PIECE) }, (_, index) => text.slice(index * PIECE, (index + 1) * PIECE));
  return pieces.map((piece, index) => (
    <div key={index} className="md-plain">
      {piece}
    </div>
  ));
}

const FootnotesWhereCalled = ({ references }: { references: References }) =>
  [...references.numbers.keys()].some((name) => references.footnotes.has(name)) ? <Footnotes /> : null;
