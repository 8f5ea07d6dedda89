import { useEffect, useRef } from "react";
import type { ReactNode } from "react";

import { chosen, keyNames } from "@/lib/hotkeys";

const DELAY = 400;
const GAP = 6;

/** Attributes that give an element a tooltip. One layer serves them all: a thread of 1,000 messages has thousands of buttons. */
export function tooltip(text: string, hotkey?: string): { "data-tooltip": string } {
  return { "data-tooltip": hotkey === undefined ? text : `${text}  ${keyNames(chosen(hotkey)).join(" ")}` };
}

/** A tooltip around something that has no attributes of its own to give. It must not hold the only copy of what it says. */
export function Tooltip({ text, children }: { text: string; children: ReactNode }) {
  return (
    <span className="inline-flex" {...tooltip(text)}>
      {children}
    </span>
  );
}

/** Shows `data-tooltip` of what is pointed at or has the keyboard's focus. In the top layer, so that dialogs have tooltips too. */
export function TooltipLayer() {
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const bubble = layer.current;
    if (!bubble) return;
    let target: HTMLElement | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = (): void => {
      clearTimeout(timer);
      target = null;
      if (bubble.matches(":popover-open")) bubble.hidePopover();
    };
    const show = (element: HTMLElement): void => {
      if (!element.isConnected) return;
      bubble.textContent = element.dataset.tooltip ?? "";
      // Closed and opened again, it lies above a dialog that came later.
      if (bubble.matches(":popover-open")) bubble.hidePopover();
      bubble.showPopover();
      place(bubble, element.getBoundingClientRect());
    };
    const enter = (event: Event): void => {
      const found = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tooltip]") : null;
      if (found === target || (event.target instanceof Node && bubble.contains(event.target))) return;
      hide();
      if (!found || (event.type === "focusin" && !found.matches(":focus-visible"))) return;
      target = found;
      timer = setTimeout(() => show(found), event.type === "focusin" ? 0 : DELAY);
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape") hide();
    };
    // A finger has no hover; a press ends what the pointer showed, and what comes to lie below a pointer at rest was not pointed at.
    let pressed = { x: -1, y: -1 };
    const pointer = (event: PointerEvent): void => {
      if (event.pointerType === "mouse" && (event.clientX !== pressed.x || event.clientY !== pressed.y)) enter(event);
    };
    const press = (event: PointerEvent): void => {
      pressed = { x: event.clientX, y: event.clientY };
      hide();
    };
    document.addEventListener("pointerover", pointer);
    document.addEventListener("focusin", enter);
    document.addEventListener("focusout", hide);
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("keydown", key, true);
    return () => {
      hide();
      document.removeEventListener("pointerover", pointer);
      document.removeEventListener("focusin", enter);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("scroll", hide, true);
      document.removeEventListener("keydown", key, true);
    };
  }, []);
  return (
    <div
      ref={layer}
      popover="manual"
      role="tooltip"
      className="fixed inset-auto m-0 max-w-72 rounded-md border-0 bg-text px-2 py-1 text-xs whitespace-pre-wrap text-ground shadow-md"
    />
  );
}

function place(bubble: HTMLElement, at: DOMRect): void {
  const { width, height } = bubble.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight;
  const left = Math.min(Math.max(GAP, at.left + at.width / 2 - width / 2), innerWidth - width - GAP);
  bubble.style.left = `${left}px`;
  bubble.style.top = `${below ? at.bottom + GAP : at.top - GAP - height}px`;
}
