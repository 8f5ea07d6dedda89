import { Check, Copy, Download, WrapText } from "lucide-react";
import { createElement, memo, useEffect, useRef, useState, type ReactNode } from "react";

import { coloured, highlight, type Coloured, type Root } from "./highlight";
import { withVisibleControls } from "./links";

interface CodeBlockProps {
  code: string;
  language?: string;
  /** Whether more code follows: colours then come behind the text, some times a second. */
  growing?: boolean;
}

const LINES_WITHOUT_NUMBERS = 20;
const RECOLOUR_MS = 300;
const COPIED_MS = 2000;
const EXTENSIONS: Record<string, string> = {
  bash: "sh", c: "c", cpp: "cpp", csharp: "cs", css: "css", diff: "diff", go: "go", html: "html", java: "java", javascript: "js", js: "js", json: "json", jsx: "jsx", kotlin: "kt",
  markdown: "md", md: "md", mermaid: "mmd", php: "php", py: "py", python: "py", r: "r", ruby: "rb", rust: "rs", sh: "sh", sql: "sql", swift: "swift", toml: "toml", ts: "ts", tsx: "tsx", typescript: "ts", xml: "xml", yaml: "yaml", yml: "yml",
};

export const CodeBlock = memo(function CodeBlock({ code, language = "", growing = false }: CodeBlockProps) {
  const [wrap, setWrap] = useState(false);
  const name = language.toLowerCase().replace(/[^\w+#.-]/g, "").slice(0, 30);
  const colours = useColours(code, name, growing);
  const lines = code.split("\n").length;
  return (
    <figure className="md-code" aria-label={name === "" ? "Code" : `Code in ${name}`}>
      <figcaption className="md-code-head">
        <span className="md-code-language">{name === "" ? "text" : name}</span>
        <button type="button" aria-pressed={wrap} aria-label="Wrap lines" title="Wrap lines" onClick={() => setWrap(!wrap)}>
          <WrapText aria-hidden size={14} />
        </button>
        <button type="button" aria-label="Download code" title="Download" onClick={() => downloadText(code, `code.${EXTENSIONS[name] ?? "txt"}`)}>
          <Download aria-hidden size={14} />
        </button>
        <CopyButton text={code} />
      </figcaption>
      <div className="md-code-body" data-wrap={wrap}>
        {lines > LINES_WITHOUT_NUMBERS && !wrap ? (
          <div aria-hidden className="md-line-numbers">
            {Array.from({ length: lines }, (_, line) => line + 1).join("\n")}
          </div>
        ) : null}
        {/* A region that scrolls must be reachable by keyboard (WCAG 2.1.1). */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <pre dir="ltr" tabIndex={0}>
          <code>{colours}</code>
        </pre>
      </div>
    </figure>
  );
});

/** The code, coloured as far as colours are there; the rest plain. */
function useColours(code: string, language: string, growing: boolean): ReactNode {
  const [done, setDone] = useState<{ code: string; language: string; tree: Root } | null>(null);
  const next = useRef(0);
  useEffect(() => {
    let wanted = true;
    const wait = growing ? Math.max(0, next.current - performance.now()) : 0;
    const timer = setTimeout(() => {
      next.current = performance.now() + RECOLOUR_MS;
      highlight(code, language)
        .then((tree) => {
          if (wanted && tree !== null) setDone({ code, language, tree });
        })
        .catch(() => {
          // Without colours the code is all there.
        });
    }, wait);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [code, language, growing]);
  if (done === null || done.language !== language || !code.startsWith(done.code)) return withVisibleControls(code);
  return (
    <>
      {renderColours(coloured(done.tree.children))}
      {withVisibleControls(code.slice(done.code.length))}
    </>
  );
}

function renderColours(nodes: readonly Coloured[]): ReactNode {
  return nodes.map((node, index) => {
    if (node.type === "text") return withVisibleControls(node.value);
    const classes = node.properties["className"];
    return createElement("span", { key: index, className: Array.isArray(classes) ? classes.join(" ") : undefined }, renderColours(coloured(node.children)));
  });
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  useEffect(() => {
    if (copied === "no") return undefined;
    const timer = setTimeout(() => setCopied("no"), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied("yes"),
      () => setCopied("failed"),
    );
  };
  return (
    <button type="button" aria-label={copied === "yes" ? "Copied" : "Copy code"} onClick={copy}>
      {copied === "yes" ? <Check aria-hidden size={14} /> : <Copy aria-hidden size={14} />}
      <span role="status">{{ no: "Copy", yes: "Copied", failed: "Not copied" }[copied]}</span>
    </button>
  );
}

/** Saves a text as a file of the user's. */
export function downloadText(text: string, name: string, type = "text/plain"): void {
  downloadBlob(new Blob([text], { type: `${type};charset=utf-8` }), name);
}

export function downloadBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
