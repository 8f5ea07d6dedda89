import { tooltip } from "@/components/ui";

import type { Gauge } from "../logic/gauge";

const RADIUS = 7;
const ROUND = 2 * Math.PI * RADIUS;

/** A quiet ring: how much of the model's window the chat fills; its numbers where it is pointed at or focused. */
export function ContextGauge({ gauge: { used, window, sentence } }: { gauge: Gauge }) {
  const share = Math.min(1, used / window);
  return (
    // Its tooltip must be there for the keyboard too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <span role="img" tabIndex={0} aria-label={`Context: ${sentence}`} {...tooltip(sentence)} className="inline-flex size-8 items-center justify-center rounded-full">
      <svg aria-hidden viewBox="0 0 18 18" className={share > 0.9 ? "size-4 text-danger" : "size-4 text-muted"} fill="none" stroke="currentColor" strokeWidth="2">
        <circle cx="9" cy="9" r={RADIUS} className="opacity-25" />
        <circle cx="9" cy="9" r={RADIUS} strokeDasharray={`${Math.max(0.02, share) * ROUND} ${ROUND}`} transform="rotate(-90 9 9)" />
      </svg>
    </span>
  );
}
