import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The document beside its script, whose name carries its hash. */
const page: Plugin = {
  name: "diagram-page",
  async generateBundle(_options, bundle) {
    const script = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
    const html = await readFile(`${here}index.html`, "utf8");
    this.emitFile({ type: "asset", fileName: "index.html", source: html.replace("diagram.js", script?.fileName ?? "") });
  },
};

// One classic script: a document of an opaque origin may not load modules without CORS headers.
export default defineConfig({
  root: here,
  plugins: [page],
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    target: "es2022",
    outDir: fileURLToPath(new URL("../dist/diagram", import.meta.url)),
    emptyOutDir: true,
    reportCompressedSize: false,
    lib: { entry: `${here}main.ts`, formats: ["iife"], name: "diagram", fileName: () => "diagram-[hash].js" },
  },
});
