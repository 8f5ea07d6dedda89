// How much JavaScript a page needs, gzipped, against what it may need. Reads the last build's manifest.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("./dist/", import.meta.url);

/** In kB of 1,000 bytes. `with`: what the page loads besides the shell, by its source's path. */
const BUDGETS = [
  { name: "shell", limit: 170, with: ["src/app/shell/shell.tsx"] },
  { name: "chat, to its first answer", limit: 300, with: ["src/app/shell/shell.tsx", "src/app/pages/chat.tsx", "src/features/sessions/index.tsx"] },
];

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", DIST), "utf8"));

function gather(key, found) {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return;
  found.add(chunk.file);
  for (const other of chunk.imports ?? []) gather(other, found);
}

let failed = false;
for (const { name, limit, with: parts } of BUDGETS) {
  const files = new Set();
  gather("index.html", files);
  for (const part of parts) {
    const key = Object.keys(manifest).find((one) => manifest[one].src === part);
    if (key === undefined) {
      console.error(`budget: the build has no chunk of its own for ${part}`);
      failed = true;
    } else gather(key, files);
  }
  const weight = [...files].filter((file) => file.endsWith(".js")).reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, DIST))).length, 0) / 1000;
  const over = weight > limit;
  failed ||= over;
  console.log(`budget: ${name}: ${weight.toFixed(1)} of ${limit} kB gzipped in ${files.size} files${over ? " - too heavy" : ""}`);
}
process.exit(failed ? 1 : 0);
