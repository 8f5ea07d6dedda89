import type { List, ListItem, Nodes, RootContent, Table } from "mdast";
import type { ReactNode } from "react";

import { CodeBlock } from "./CodeBlock";
import { Diagram } from "./Diagram";
import { FootnoteCall } from "./Footnotes";
import { withoutInvisible, withVisibleControls } from "./links";
import { MathView } from "./MathView";
import { visit } from "./parse";
import { ReferenceImage, ReferenceLink, SafeImage, SafeLink } from "./SafeLink";

interface Place {
  /** What the nodes' positions count in. Empty where it is not known. */
  source: string;
  /** Whether the last of these nodes may still grow. */
  open: boolean;
  depth: number;
  inLink: boolean;
}

// Deeper ones are shown as text: each level costs a level of the browser's layout.
const DEEPEST = 60;
const LINE_BREAK = /^<br\s*\/?>$/i;
const ALIGNMENT = { left: "text-left", right: "text-right", center: "text-center" } as const;

export function renderNodes(nodes: readonly RootContent[], place: Place): ReactNode {
  return nodes.map((node, index) => <NodeView key={index} node={node} place={{ ...place, open: place.open && index === nodes.length - 1 }} />);
}

/** What of the kinds of nodes is shown, and how. Kinds that are not here are not shown. */
function NodeView({ node, place }: { node: RootContent; place: Place }): ReactNode {
  if (place.depth > DEEPEST) return textOf(node);
  const below = (more: Partial<Place> = {}): ReactNode =>
    "children" in node ? renderNodes(node.children, { ...place, ...more, depth: place.depth + 1 }) : null;
  switch (node.type) {
    case "text":
      return place.inLink ? withoutInvisible(node.value) : node.value;
    case "html":
      return LINE_BREAK.test(node.value) ? <br /> : withVisibleControls(node.value);
    case "paragraph":
      return <p dir="auto">{below()}</p>;
    case "heading":
      return <Heading depth={node.depth}>{below()}</Heading>;
    case "blockquote":
      return <blockquote dir="auto">{below()}</blockquote>;
    case "list":
      return <ListView list={node} place={place} />;
    case "table":
      return <TableView table={node} place={place} />;
    case "strong":
      return <strong>{below()}</strong>;
    case "emphasis":
      return <em>{below()}</em>;
    case "delete":
      return <del>{below()}</del>;
    case "break":
      return <br />;
    case "thematicBreak":
      return <hr />;
    case "inlineCode":
      return <code dir="ltr">{withVisibleControls(node.value)}</code>;
    case "code":
      return <CodeView code={node.value} language={node.lang ?? ""} open={isOpen(node, place)} />;
    case "inlineMath":
      return <MathView tex={node.value} display={sourceAt(node, place).startsWith("\\[")} open={false} />;
    case "math":
      return <MathView tex={node.value} display open={isOpen(node, place)} />;
    case "link":
      if (place.inLink) return below();
      return (
        <SafeLink url={node.url} shown={textOf(node)}>
          {below({ inLink: true })}
        </SafeLink>
      );
    case "linkReference":
      if (place.inLink) return below();
      return (
        <ReferenceLink name={node.identifier} shown={textOf(node)}>
          {below({ inLink: true })}
        </ReferenceLink>
      );
    case "image":
      return <SafeImage url={node.url} alt={node.alt ?? ""} inLink={place.inLink} />;
    case "imageReference":
      return <ReferenceImage name={node.identifier} alt={node.alt ?? ""} inLink={place.inLink} />;
    case "footnoteReference":
      return place.inLink ? null : <FootnoteCall name={node.identifier} />;
    default:
      return null;
  }
}

/** The content's first level is the page's third: the page and the message have their own above it. */
function Heading({ depth, children }: { depth: number; children: ReactNode }) {
  const Level = (["h3", "h4", "h5", "h6"] as const)[Math.min(depth, 4) - 1] ?? "h6";
  return <Level dir="auto">{children}</Level>;
}

function ListView({ list, place }: { list: List; place: Place }) {
  const items = list.children.map((item, index) => (
    <ItemView key={index} item={item} spread={list.spread === true} place={{ ...place, depth: place.depth + 1, open: place.open && index === list.children.length - 1 }} />
  ));
  return list.ordered ? <ol start={list.start ?? 1}>{items}</ol> : <ul>{items}</ul>;
}

function ItemView({ item, spread, place }: { item: ListItem; spread: boolean; place: Place }) {
  const loose = spread || item.spread === true;
  const content = item.children.map((child, index) => {
    const inner = { ...place, depth: place.depth + 1, open: place.open && index === item.children.length - 1 };
    return child.type === "paragraph" && !loose ? <span key={index} className="md-tight">{renderNodes(child.children, inner)}</span> : <NodeView key={index} node={child} place={inner} />;
  });
  if (typeof item.checked !== "boolean") return <li dir="auto">{content}</li>;
  return (
    <li dir="auto" className="md-task">
      <input type="checkbox" checked={item.checked} disabled aria-label={item.checked ? "Done" : "To do"} /> {content}
    </li>
  );
}

function TableView({ table, place }: { table: Table; place: Place }) {
  const [head, ...rows] = table.children;
  const align = (column: number): string => ALIGNMENT[table.align?.[column] ?? "left"];
  const inner = { ...place, depth: place.depth + 2 };
  return (
    // A region that scrolls must be reachable by keyboard (WCAG 2.1.1).
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="md-scroll" role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>{head?.children.map((cell, column) => <th key={column} scope="col" className={align(column)}>{renderNodes(cell.children, inner)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{row.children.map((cell, column) => <td key={column} className={align(column)}>{renderNodes(cell.children, inner)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CodeView({ code, language, open }: { code: string; language: string; open: boolean }) {
  const name = language.toLowerCase();
  if (name === "mermaid" && !open) return <Diagram source={code} />;
  return <CodeBlock code={code} language={language} growing={open} />;
}

const sourceAt = (node: Nodes, place: Place): string =>
  place.source.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);

/** Whether a fence that is the last thing of a growing text has not had its closing line yet. */
function isOpen(node: Nodes, place: Place): boolean {
  if (!place.open) return false;
  const lines = sourceAt(node, place).split("\n");
  const fence = /^[ \t>]*(`{3,}|~{3,}|\${2,}|\\\[)/.exec(lines[0] ?? "")?.[1];
  if (fence === undefined) return false;
  const closing = fence === "\\[" ? "\\]" : fence;
  return lines.length < 2 || !(lines.at(-1) ?? "").trimEnd().endsWith(closing);
}

function textOf(node: Nodes): string {
  const parts: string[] = [];
  visit([node], (below) => {
    if ("value" in below) parts.push(below.value);
    else if ("alt" in below) parts.push(below.alt ?? "");
  });
  return parts.join("");
}
