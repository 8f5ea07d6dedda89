/** The text of the last fenced block of code; null when there is none. One that is not closed yet ends with the text. */
export function lastCode(markdown: string): string | null {
  let open: { fence: string; indent: number; lines: string[] } | null = null;
  let last: string[] | null = null;
  for (const line of markdown.split(/\r?\n/)) {
    const [, before = "", fence = "", rest = ""] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open === null) {
      // A fence of backticks has none behind it: that would be code in a line.
      if (fence !== "" && !(fence.startsWith("`") && rest.includes("`"))) open = { fence, indent: before.length, lines: [] };
    } else if (fence.startsWith(open.fence) && rest.trim() === "") {
      last = open.lines;
      open = null;
    } else {
      // As far in as its fence, in a list, is not part of the code.
      open.lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    }
  }
  const lines = open?.lines ?? last;
  return lines === null ? null : lines.join("\n");
}

/** What the last item has that has any. */
export function lastOf<T, R>(items: readonly T[], read: (item: T) => R | null): R | null {
  for (const item of items.toReversed()) {
    const found = read(item);
    if (found !== null) return found;
  }
  return null;
}
