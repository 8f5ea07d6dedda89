import { memo } from "react";

import { cn } from "@/lib/cn";

import type { ThreadRun } from "../conversation/state";
import type { Place } from "../logic/thread";
import { AssistantMessage } from "./assistant-message";
import { UserMessage } from "./user-message";

interface Props {
  place: Place<ThreadRun>;
  last: boolean;
  /** Near the end: drawn also while it is out of sight. */
  near: boolean;
  /** Sent from this page: it has room below it, so that it can stand at the top. */
  anchored: boolean;
}

/** A message and its answer. Off the screen it costs no layout; its last height is kept in its stead. */
export const Turn = memo(
  function Turn({ place, last, near, anchored }: Props) {
    return (
      <article
        aria-label={`Message: ${place.run.message.slice(0, 60)}`}
        data-turn={place.run.key}
        className={cn("group/turn flex flex-col gap-2 pt-6 pb-2 [contain-intrinsic-size:auto_20rem]", !near && "[content-visibility:auto]", anchored && "min-h-[calc(100cqh-1rem)]")}
      >
        <UserMessage place={place} last={last} />
        <AssistantMessage run={place.run} last={last} />
      </article>
    );
  },
  (before, after) =>
    before.place.run === after.place.run &&
    before.place.position === after.place.position &&
    before.place.siblings.length === after.place.siblings.length &&
    before.last === after.last &&
    before.near === after.near &&
    before.anchored === after.anchored,
);
