import type { Definition, Nodes } from "mdast";

import { withoutInvisible } from "./links";
import { isTooCostly, parse, visit } from "./parse";
import { MOST_FORMATTED } from "./blocks";

/** A Markdown text as plain text: for "copy as plain text" and for announcements. Links keep their address behind their text. */
export function markdownToPlain(text: string): string {
  const source = text.replace(/\r\n?/g, "\n");
  if (source.length > MOST_FORMATTED || isTooCostly(source)) return withoutInvisible(source);
  const nodes = parse(source);
  const definitions = new Map<string, Definition>();
  visit(nodes, (node) => {
    if (node.type === "definition" && !definitions.has(node.identifier)) definitions.set(node.identifier, node);
  });
  const blocks = nodes.map((node) => plain(node, definitions, "")).filter((block) => block !== "");
  return withoutInvisible(blocks.join("\n\n")).trim();
}

type Definitions = ReadonlyMap<string, Definition>;

function plain(node: Nodes, definitions: Definitions, indent: string): string {
  switch (node.type) {
    case "text":
    case "inlineCode":
    case "code":
    case "math":
    case "inlineMath":
    case "html":
      return node.value;
    case "break":
      return "\n";
    case "thematicBreak":
      return "———";
    case "image":
    case "imageReference":
      return node.alt ?? "";
    case "footnoteReference":
      return `[${node.identifier}]`;
    case "footnoteDefinition":
      return `[${node.identifier}] ${children(node, definitions, indent, "\n")}`;
    case "definition":
    case "yaml":
      return "";
    case "link":
      return withAddress(children(node, definitions, indent, ""), node.url);
    case "linkReference":
      return withAddress(children(node, definitions, indent, ""), definitions.get(node.identifier)?.url ?? "");
    case "list":
      return node.children
        .map((item, index) => {
          const marker = node.ordered ? `${(node.start ?? 1) + index}. ` : "• ";
          const done = typeof item.checked === "boolean" ? (item.checked ? "☑ " : "☐ ") : "";
          return indent + marker + done + children(item, definitions, `${indent}  `, "\n");
        })
        .join("\n");
    case "table":
      return node.children.map((row) => children(row, definitions, indent, "\t")).join("\n");
    case "blockquote":
      return children(node, definitions, indent, "\n\n");
    case "root":
      return children(node, definitions, indent, "\n\n");
    default:
      return children(node, definitions, indent, "");
  }
}

function children(node: Extract<Nodes, { children: unknown }>, definitions: Definitions, indent: string, between: string): string {
  return node.children.map((child) => plain(child, definitions, indent)).join(between);
}

function withAddress(text: string, url: string): string {
  return url === "" || text === url || url === `mailto:${text}` || url.replace(/^https?:\/\//, "") === text ? text : `${text} (${url})`;
}
