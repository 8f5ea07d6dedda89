import { Download, Image as ImageIcon, RotateCcw, ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useRef, useState, type RefObject } from "react";

import { CodeBlock, downloadBlob } from "./CodeBlock";

/** What the frame says; it comes from a document that runs a model's diagram, so each field is checked. */
interface FrameMessage {
  kind?: unknown;
  height?: unknown;
  message?: unknown;
  svg?: unknown;
  png?: unknown;
}

const HIGHEST = 4000;
const LONGEST = 20_000;
const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47];
const isDark = (): boolean => document.documentElement.classList.contains("dark");

/**
 * A Mermaid diagram, drawn in a frame of its own origin that may run its script and nothing else: Mermaid makes markup of strings,
 * which this page forbids. The source goes in and a height comes out as messages.
 */
export function Diagram({ source }: { source: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [zoom, setZoom] = useState(1);
  const { height, error, ready } = useFrame(frame, source, zoom);
  if (source.length > LONGEST) return <CodeBlock code={source} language="mermaid" />;
  const ask = (kind: "svg" | "png"): void => frame.current?.contentWindow?.postMessage({ kind: "export", format: kind }, "*");
  if (error !== null) {
    return (
      <div className="md-diagram">
        <p role="note" className="md-diagram-error">
          This diagram could not be drawn: {error}
        </p>
        <CodeBlock code={source} language="mermaid" />
      </div>
    );
  }
  return (
    <figure className="md-diagram" aria-label="Diagram">
      <figcaption className="md-code-head">
        <span className="md-code-language">diagram</span>
        <button type="button" aria-label="Zoom out" disabled={zoom <= 0.5} onClick={() => setZoom(zoom / 1.25)}>
          <ZoomOut aria-hidden size={14} />
        </button>
        <button type="button" aria-label="Original size" disabled={zoom === 1} onClick={() => setZoom(1)}>
          <RotateCcw aria-hidden size={14} />
        </button>
        <button type="button" aria-label="Zoom in" disabled={zoom >= 4} onClick={() => setZoom(zoom * 1.25)}>
          <ZoomIn aria-hidden size={14} />
        </button>
        <button type="button" aria-label="Download as SVG" disabled={!ready} onClick={() => ask("svg")}>
          <Download aria-hidden size={14} /> SVG
        </button>
        <button type="button" aria-label="Download as PNG" disabled={!ready} onClick={() => ask("png")}>
          <ImageIcon aria-hidden size={14} /> PNG
        </button>
      </figcaption>
      <iframe ref={frame} title="Diagram" sandbox="allow-scripts" src={`${import.meta.env.BASE_URL}diagram/index.html`} style={{ height }} className="md-diagram-frame" />
      <details>
        <summary>Source</summary>
        <CodeBlock code={source} language="mermaid" />
      </details>
    </figure>
  );
}

interface Drawn {
  height: number;
  error: string | null;
  ready: boolean;
}

function useFrame(frame: RefObject<HTMLIFrameElement | null>, source: string, zoom: number): Drawn {
  const [drawn, setDrawn] = useState<Drawn>({ height: 120, error: null, ready: false });
  const dark = useDark();
  useEffect(() => {
    const draw = (): void => frame.current?.contentWindow?.postMessage({ kind: "draw", source, dark, zoom }, "*");
    const listen = (event: MessageEvent<FrameMessage | null>): void => {
      // The frame's origin is opaque ("null"), so only the window itself says who speaks.
      if (event.source === null || event.source !== frame.current?.contentWindow) return;
      const { kind, height, message, svg, png } = event.data ?? {};
      if (kind === "ready") draw();
      else if (kind === "drawn" && typeof height === "number" && Number.isFinite(height)) {
        setDrawn({ height: Math.min(Math.max(height, 40), HIGHEST), error: null, ready: true });
      } else if (kind === "failed") setDrawn((last) => ({ ...last, error: String(message).slice(0, 500) }));
      else if (kind === "exported") save(svg, png);
    };
    window.addEventListener("message", listen);
    draw();
    return () => window.removeEventListener("message", listen);
  }, [frame, source, dark, zoom]);
  return drawn;
}

function save(svg: unknown, png: unknown): void {
  if (typeof svg === "string") downloadBlob(new Blob([svg], { type: "image/svg+xml" }), "diagram.svg");
  if (!(png instanceof ArrayBuffer)) return;
  const start = new Uint8Array(png.slice(0, 4));
  if (PNG_MAGIC.every((byte, index) => start[index] === byte)) downloadBlob(new Blob([png], { type: "image/png" }), "diagram.png");
}

function useDark(): boolean {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const observer = new MutationObserver(() => setDark(isDark()));
    observer.observe(document.documentElement, { attributeFilter: ["class"] });
    return () => observer.disconnect();
  }, []);
  return dark;
}
