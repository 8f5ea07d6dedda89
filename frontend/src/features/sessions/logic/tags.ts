import type { TagUse } from "@/lib/api/types";

/** The list with those of `others` that it lacks, by name and once each; how many sessions have one of these is not known: 0. */
export function withTags(list: readonly TagUse[], others: readonly (string | undefined)[]): TagUse[] {
  const known = new Set(list.map(({ tag }) => tag));
  const more = new Set(others.filter((tag) => tag !== undefined && !known.has(tag)) as string[]);
  return [...list, ...[...more].sort((a, b) => a.localeCompare(b)).map((tag) => ({ tag, sessions: 0 }))];
}
