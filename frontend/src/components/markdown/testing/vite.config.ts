import { fileURLToPath } from "node:url";

import { defineConfig, mergeConfig } from "vite";

import app from "../../../../vite.config";

/** The harness is built as the app is: the same plugins, replacements and target. */
export default mergeConfig(app, defineConfig({ root: fileURLToPath(new URL(".", import.meta.url)), publicDir: false }));
