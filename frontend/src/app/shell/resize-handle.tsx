import { useRef } from "react";

import { stored } from "@/lib/storage";
import { useStore } from "@/lib/store";

const NARROWEST = 220;
const WIDEST = 440;
const STEP = 16;

export const sidebarWidth = stored("sidebar.width", 264, (value) => typeof value === "number" && value >= NARROWEST && value <= WIDEST);

/** The sidebar's edge: dragged, or moved by arrow keys. */
export function ResizeHandle() {
  const width = useStore(sidebarWidth);
  const dragging = useRef(false);
  const set = (next: number): void => sidebarWidth.set(Math.round(Math.min(WIDEST, Math.max(NARROWEST, next))));
  return (
    // A separator that can be moved is a widget: ARIA 1.2.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the sidebar"
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/30"
      onPointerDown={(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (dragging.current) set(event.clientX);
      }}
      onLostPointerCapture={() => {
        dragging.current = false;
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") set(width - STEP);
        else if (event.key === "ArrowRight") set(width + STEP);
        else return;
        event.preventDefault();
      }}
    />
  );
}
