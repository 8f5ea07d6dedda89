import mermaid from "mermaid";

import { drawingOf, harmless } from "./safe";

/** What the page says to this frame. */
interface PageMessage {
  kind?: unknown;
  source?: unknown;
  dark?: unknown;
  zoom?: unknown;
  format?: unknown;
}

const place = document.getElementById("diagram") as HTMLElement;
const PNG_SCALE = 2;
const LARGEST_PNG = 8000;
let drawing = 0;
let last = { source: "", dark: false };

const tell = (message: object): void => window.parent.postMessage(message, "*");

// What a diagram's own directives may not change, besides Mermaid's list: all that reaches style sheets and outside.
const SECURE = ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering", "htmlLabels", "themeCSS", "fontFamily", "altFontFamily", "themeVariables", "dompurifyConfig", "deterministicIds", "layout"];

async function draw(source: string, dark: boolean): Promise<void> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    secure: SECURE,
    theme: dark ? "dark" : "default",
    darkMode: dark,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    suppressErrorRendering: true,
    maxTextSize: 20_000,
    maxEdges: 500,
    fontFamily: "system-ui, sans-serif",
  });
  drawing += 1;
  const turn = drawing;
  const drawn = harmless(source);
  const { svg } = await mermaid.render(`drawing${turn}`, drawn).catch((error: unknown) => {
    if (drawn === source) throw error;
    throw new Error(`It holds what could load something from outside, which stands for words only here. ${String(error)}`);
  });
  if (turn !== drawing) return;
  place.replaceChildren(drawingOf(svg));
  last = { source, dark };
}

function show(dark: boolean, zoom: number): void {
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  document.body.style.cssText = "margin: 0; overflow: auto; background: transparent; font-family: system-ui, sans-serif";
  place.style.cssText = `padding: 12px; box-sizing: border-box; width: ${zoom * 100}%; text-align: center`;
  tell({ kind: "drawn", height: Math.ceil(place.getBoundingClientRect().height) + (zoom > 1 ? 16 : 0) });
}

function drawnElement(): SVGSVGElement {
  const svg = place.querySelector("svg");
  if (svg === null) throw new Error("There is no diagram yet.");
  return svg;
}

function serialised(): { text: string; width: number; height: number } {
  const svg = drawnElement().cloneNode(true) as SVGSVGElement;
  const { width, height } = drawnElement().viewBox.baseVal;
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  return { text: new XMLSerializer().serializeToString(svg), width, height };
}

/** The drawing as a PNG of twice its size. The picture is a data address, from which a canvas may be read again. */
async function png(): Promise<ArrayBuffer> {
  const { text, width, height } = serialised();
  const scale = Math.min(PNG_SCALE, LARGEST_PNG / Math.max(width, height, 1));
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const paper = canvas.getContext("2d");
  if (paper === null) throw new Error("This browser draws no pictures.");
  paper.fillStyle = last.dark ? "#1b1d22" : "#ffffff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error("The picture is too large.");
  return blob.arrayBuffer();
}

async function answer({ kind, source, dark, zoom, format }: PageMessage): Promise<void> {
  if (kind === "draw" && typeof source === "string") {
    if (source !== last.source || dark !== last.dark) await draw(source, dark === true);
    show(dark === true, typeof zoom === "number" ? zoom : 1);
  } else if (kind === "export" && format === "svg") tell({ kind: "exported", svg: serialised().text });
  else if (kind === "export" && format === "png") tell({ kind: "exported", png: await png() });
}

window.addEventListener("message", (event: MessageEvent<PageMessage | null>) => {
  if (event.source !== window.parent || event.data === null) return;
  answer(event.data).catch((error: unknown) => {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});
tell({ kind: "ready" });
