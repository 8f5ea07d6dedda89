import { useEffect, useRef, type RefObject } from "react";

/** Pixels of a swipe; less is a tap that slipped. */
const FAR = 56;

/**
 * Calls `onSwipe` when a finger is drawn across the element in that direction. The element's `touch-action` must leave sideways moves to
 * the page. With `follows` the nearest dialog goes along with the finger, unless less motion is wished for.
 */
export function useSwipe(element: RefObject<HTMLElement | null>, direction: 1 | -1, onSwipe: () => void, follows = false): void {
  const latest = useRef(onSwipe);
  useEffect(() => {
    latest.current = onSwipe;
  });
  useEffect(() => {
    const area = element.current;
    if (!area) return;
    const moved = follows && !matchMedia("(prefers-reduced-motion: reduce)").matches ? area.closest("dialog") : null;
    let start: { id: number; x: number; y: number } | null = null;
    const end = (): void => {
      start = null;
      moved?.style.removeProperty("transform");
    };
    const down = (event: PointerEvent): void => {
      if (event.pointerType === "mouse") return;
      // A second finger: it is no swipe.
      if (start) end();
      else start = { id: event.pointerId, x: event.clientX, y: event.clientY };
    };
    const move = (event: PointerEvent): void => {
      if (event.pointerId !== start?.id) return;
      const way = (event.clientX - start.x) * direction;
      if (Math.abs(event.clientY - start.y) > Math.max(FAR / 2, way)) end();
      else if (way > FAR / 4) moved?.style.setProperty("transform", `translateX(${way * direction}px)`);
    };
    const up = (event: PointerEvent): void => {
      if (event.pointerId !== start?.id) return;
      const far = (event.clientX - start.x) * direction >= FAR;
      end();
      if (far) latest.current();
    };
    const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: end } as const;
    const names = Object.keys(listeners) as (keyof typeof listeners)[];
    for (const name of names) area.addEventListener(name, listeners[name]);
    return () => {
      for (const name of names) area.removeEventListener(name, listeners[name]);
    };
  }, [element, direction, follows]);
}
