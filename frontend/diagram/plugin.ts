import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The frame's document, with the name of its script. */
const page = (): Plugin => ({
  name: "diagram-page",
  async generateBundle(_options, bundle) {
    const script = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
    const html = await readFile(`${here}index.html`, "utf8");
    this.emitFile({ type: "asset", fileName: "diagram/index.html", source: html.replace("./main.ts", `../${script?.fileName ?? ""}`) });
  },
});

/**
 * Builds the frame for diagrams behind the app, into the same folder. A build of its own, as it is one classic script: a document of
 * an opaque origin may not load modules without CORS headers.
 */
export const diagramFrame = (): Plugin => {
  let outDir = "";
  let logLevel: "info" | "warn" | "error" | "silent" = "info";
  return {
    name: "diagram-frame",
    apply: "build",
    configResolved(config) {
      outDir = fileURLToPath(new URL(`${config.build.outDir}/`, `file://${config.root}/`));
      logLevel = config.logLevel ?? "info";
    },
    async closeBundle(error?: Error) {
      if (error) return;
      await build({
        configFile: false,
        root: here,
        logLevel,
        plugins: [page()],
        publicDir: false,
        define: { "process.env.NODE_ENV": '"production"' },
        build: {
          target: "es2022",
          outDir,
          emptyOutDir: false,
          reportCompressedSize: false,
          chunkSizeWarningLimit: 4000,
          lib: { entry: `${here}main.ts`, formats: ["iife"], name: "diagram", fileName: () => "assets/diagram-[hash].js" },
        },
      });
    },
  };
};
