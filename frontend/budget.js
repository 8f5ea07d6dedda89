// How much JavaScript a page needs, and each of its chunks has, gzipped, against what it may. Reads the last build's manifest.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("./dist/", import.meta.url);

/** In kB of 1,000 bytes. `with`: what the page loads besides the start, by its source's path. */
const PAGES = [
  { name: "sign-in", limit: 140, with: ["src/app/pages/sign-in.tsx"] },
  { name: "shell", limit: 170, with: ["src/app/shell/shell.tsx"] },
  { name: "chat, to its first answer", limit: 300, with: ["src/app/shell/shell.tsx", "src/app/pages/chat.tsx", "src/app/shell/session-list.ts"] },
];

/** Chunks by their names: the start (React, the router), Markdown's parser and what draws it, highlighting (its languages), formulas. All others: a page or less. */
const CHUNKS = { index: 85, blocks: 39, Markdown: 6, languages: 55, typeset: 80 };
const OTHER_CHUNKS = 30;

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", DIST), "utf8"));
const failures = [];

const weigh = (file) => gzipSync(readFileSync(new URL(file, DIST))).length / 1000;

function gather(key, found) {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return;
  found.add(chunk.file);
  for (const other of chunk.imports ?? []) gather(other, found);
}

function report(what, weight, limit, more = "") {
  const over = weight > limit;
  if (over) failures.push(what);
  console.log(`budget: ${what}: ${weight.toFixed(1)} of ${limit} kB gzipped${more}${over ? " - too heavy" : ""}`);
}

for (const { name, limit, with: parts } of PAGES) {
  const files = new Set();
  gather("index.html", files);
  for (const part of parts) {
    const key = Object.keys(manifest).find((one) => manifest[one].src === part);
    if (key === undefined) failures.push(`the build has no chunk of its own for ${part}`);
    else gather(key, files);
  }
  const scripts = [...files].filter((file) => file.endsWith(".js"));
  report(name, scripts.reduce((sum, file) => sum + weigh(file), 0), limit, ` in ${scripts.length} files`);
}

const chunks = Object.values(manifest).filter((chunk) => chunk.file.endsWith(".js"));
for (const [name, limit] of Object.entries(CHUNKS)) {
  const found = chunks.filter((chunk) => chunk.name === name);
  if (found.length === 1) report(`chunk ${name}`, weigh(found[0].file), limit);
  else failures.push(`the build has ${found.length} chunks named ${name}`);
}
for (const { name, file } of chunks) {
  if (!(name in CHUNKS) && weigh(file) > OTHER_CHUNKS) report(`chunk ${name}`, weigh(file), OTHER_CHUNKS);
}
if (failures.length > 0) console.error(`budget: not kept: ${failures.join("; ")}`);
process.exit(failures.length > 0 ? 1 : 0);
