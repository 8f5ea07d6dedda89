import type { ReactNode } from "react";

/** A page that scrolls as a whole. */
export function Scrolled({ children }: { children: ReactNode }) {
  return <div className="h-full overflow-y-auto">{children}</div>;
}
