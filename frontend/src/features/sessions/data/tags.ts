import { useQueryClient } from "@tanstack/react-query";

import { sessionsInCaches } from "./caches";

export const MOST_TAGS = 20;
export const LONGEST_TAG = 40;

/** The tags of all sessions that this page knows of, for filters and suggestions. */
export function useKnownTags(): string[] {
  const client = useQueryClient();
  return [...new Set(sessionsInCaches(client).flatMap((session) => session.tags))].sort((a, b) => a.localeCompare(b));
}
