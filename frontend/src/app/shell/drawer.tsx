import { useRef } from "react";

import { Sheet } from "@/components/ui";

import { Sidebar } from "./sidebar";
import { useSwipe } from "./use-swipe";

interface Props {
  open: boolean;
  onOpen: () => void;
  onClose: () => void;
}

/** The navigation of a phone: its button opens it, and a finger drawn from the window's edge. */
export function Drawer({ open, onOpen, onClose }: Props) {
  const edge = useRef<HTMLDivElement>(null);
  useSwipe(edge, 1, onOpen);
  return (
    <>
      {/* As wide as the margin of what lies below it: nothing there is meant to be tapped. */}
      <div ref={edge} aria-hidden className="fixed inset-y-0 left-0 z-10 w-3 touch-none" />
      <Sheet open={open} side="left" title="Navigation" hideTitle onClose={onClose} className="w-[min(20rem,calc(100vw-3rem))] motion-safe:animate-[drawer_160ms_ease-out]" bodyClassName="p-0">
        <Content onClose={onClose} />
      </Sheet>
    </>
  );
}

function Content({ onClose }: { onClose: () => void }) {
  const area = useRef<HTMLDivElement>(null);
  useSwipe(area, -1, onClose, true);
  return (
    <div ref={area} className="[touch-action:pan-y_pinch-zoom]">
      <Sidebar inDrawer onLeave={onClose} />
    </div>
  );
}
