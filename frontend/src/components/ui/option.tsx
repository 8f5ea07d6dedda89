import { useEffect, useRef, type ReactNode } from "react";

import { cn } from "@/lib/cn";

interface Props {
  /** For the list's aria-activedescendant. */
  id: string;
  active: boolean;
  onActivate?: (() => void) | undefined;
  onChoose: () => void;
  className: string;
  children: ReactNode;
}

/** One option of a list box whose input keeps the focus: the active one is scrolled into view. */
export function ListOption({ id, active, onActivate, onChoose, className, children }: Props) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) row.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    // The keys belong to the input that owns the list box.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      ref={row}
      id={id}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      onClick={onChoose}
      onPointerMove={onActivate}
      className={cn("flex cursor-pointer gap-3 rounded-lg px-3 text-sm pointer-coarse:min-h-11", active && "bg-accent-soft", className)}
    >
      {children}
    </div>
  );
}
