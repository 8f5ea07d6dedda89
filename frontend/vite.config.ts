import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { diagramFrame } from "./diagram/plugin";

const neverModal = new URL("./src/components/ui/never-modal.ts", import.meta.url).pathname;

// Page paths lie below /app/, so that none of them is also a path of the API (/sessions, /agents).
export default defineConfig({
  base: "/app/",
  plugins: [react(), tailwindcss(), diagramFrame()],
  resolve: {
    alias: {
      "@": new URL("./src", import.meta.url).pathname,
      // Its variant for browsers decodes by innerHTML, which the page's policy forbids; this one has a table.
      "decode-named-character-reference": new URL("./node_modules/decode-named-character-reference/index.js", import.meta.url).pathname,
      "react-remove-scroll": neverModal,
      "aria-hidden": neverModal,
    },
  },
  build: { target: "es2022", manifest: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { "^/(?!app/)": "http://localhost:8080" } },
});
