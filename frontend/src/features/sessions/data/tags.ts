import { useQuery, useQueryClient } from "@tanstack/react-query";

import type { TagUse } from "@/lib/api/types";

import { withTags } from "../logic/tags";
import { sessionsInCaches } from "./caches";
import { tagList } from "./queries";

export const MOST_TAGS = 20;
export const LONGEST_TAG = 40;
const NONE: readonly TagUse[] = [];

/** The tags of all of the reader's sessions, those of most sessions first; behind them those that only this page knows of yet. */
export function useTags(): TagUse[] {
  const client = useQueryClient();
  const { data = NONE } = useQuery(tagList());
  return withTags(data, sessionsInCaches(client).flatMap((session) => session.tags));
}
