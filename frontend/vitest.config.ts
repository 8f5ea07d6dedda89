import { defineConfig, mergeConfig } from "vitest/config";

import vite from "./vite.config";

// Apart from the build's configuration, so that a build needs no test packages.
export default mergeConfig(vite, defineConfig({ test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true } }));
