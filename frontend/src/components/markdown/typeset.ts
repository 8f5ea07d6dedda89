import katex from "katex";
import "katex/dist/katex.min.css";

interface VirtualNode {
  attributes?: Record<string, string>;
  children?: VirtualNode[];
  toNode: () => Node;
}

interface Builder {
  __renderToDomTree: (tex: string, options: katex.KatexOptions) => VirtualNode;
}

const LONGEST = 10_000;
const STYLE = "data-katex-style";

/**
 * A formula as elements. KaTeX builds nodes and sets styles as properties, which the page's policy allows; a few places of it set a
 * style attribute, which the policy blocks and reports: those go to properties too.
 */
export function typeset(tex: string, display: boolean): Node {
  if (tex.length > LONGEST) return document.createTextNode(tex);
  try {
    const tree = (katex as unknown as Builder).__renderToDomTree(tex, {
      displayMode: display,
      throwOnError: false,
      trust: false,
      strict: "ignore",
      maxExpand: 1000,
      maxSize: 50,
    });
    renameStyles(tree);
    const node = tree.toNode();
    if (node instanceof Element) for (const element of node.querySelectorAll(`[${STYLE}]`)) applyStyle(element);
    if (node instanceof Element && node.hasAttribute(STYLE)) applyStyle(node);
    return node;
  } catch {
    // What is not an error in the formula (a stack too deep, for one) is not thrown as KaTeX's own error.
    return document.createTextNode(tex);
  }
}

function renameStyles(root: VirtualNode): void {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    const { style, ...others } = node.attributes ?? {};
    if (style !== undefined) node.attributes = { ...others, [STYLE]: style };
    if (node.children) open.push(...node.children);
  }
}

function applyStyle(element: Element): void {
  const style = element.getAttribute(STYLE) ?? "";
  element.removeAttribute(STYLE);
  if (!(element instanceof HTMLElement || element instanceof SVGElement || element instanceof MathMLElement)) return;
  for (const declaration of style.split(";")) {
    const [name, value] = declaration.split(":");
    if (name !== undefined && value !== undefined) element.style.setProperty(name.trim(), value.trim());
  }
}
