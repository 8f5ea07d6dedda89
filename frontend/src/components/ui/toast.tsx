import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { createStore, useStore } from "@/lib/store";

import { Button, IconButton } from "./button";

const STAYS = 5000;

interface Options {
  action?: { label: string; onSelect: () => void };
  /** Called once, when it is gone: true when its action was taken. */
  onClosed?: (acted: boolean) => void;
}

interface Toast extends Options {
  id: number;
  text: string;
}

const toasts = createStore<readonly Toast[]>([]);
let last = 0;

/** Says one line at the foot of the page for 5 s, or longer while it is pointed at. The answer closes it. */
export function toast(text: string, options: Options = {}): () => void {
  last += 1;
  const id = last;
  toasts.set((all) => [...all, { id, text, ...options }]);
  return () => close(id, false);
}

function close(id: number, acted: boolean): void {
  const found = toasts.get().find((one) => one.id === id);
  if (!found) return;
  toasts.set((all) => all.filter((one) => one.id !== id));
  found.onClosed?.(acted);
}

/** Where toasts appear; the shell has one. */
export function Toaster() {
  const all = useStore(toasts);
  const layer = useRef<HTMLElement>(null);
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    const element = layer.current;
    if (!element?.isConnected) return;
    // In the top layer, and again on top of a dialog that opened since.
    if (element.matches(":popover-open")) element.hidePopover();
    element.showPopover();
    // A line that is closed takes the pointer or the focus with it, and no event tells of that.
    setPaused(element.matches(":hover, :focus-within"));
  }, [all]);
  return (
    <section
      ref={layer}
      popover="manual"
      aria-label="Notices"
      className="pointer-events-none fixed inset-x-0 top-auto bottom-0 m-0 w-full max-w-none bg-transparent p-4 pb-[max(1rem,env(safe-area-inset-bottom))]"
      onPointerEnter={() => setPaused(true)}
      onPointerLeave={() => setPaused(false)}
      onFocus={() => setPaused(true)}
      onBlur={() => setPaused(false)}
    >
      <ol role="status" aria-live="polite" className="mx-auto flex w-fit max-w-full flex-col items-center gap-2">
        {all.map((one) => (
          <ToastLine key={one.id} toast={one} paused={paused} />
        ))}
      </ol>
    </section>
  );
}

function ToastLine({ toast: { id, text, action }, paused }: { toast: Toast; paused: boolean }) {
  const left = useRef(STAYS);
  useEffect(() => {
    if (paused) return;
    const since = Date.now();
    const timer = setTimeout(() => close(id, false), left.current);
    return () => {
      clearTimeout(timer);
      left.current = Math.max(1000, left.current - (Date.now() - since));
    };
  }, [id, paused]);
  return (
    <li className="pointer-events-auto flex max-w-full items-center gap-2 rounded-xl border border-line bg-raised py-1.5 pr-1.5 pl-4 text-sm text-text shadow-lg">
      <span className="min-w-0 truncate">{text}</span>
      {action && (
        <Button
          size="sm"
          variant="ghost"
          className="text-accent"
          onClick={() => {
            action.onSelect();
            close(id, true);
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton label="Dismiss" size="sm" onClick={() => close(id, false)}>
        <X aria-hidden />
      </IconButton>
    </li>
  );
}
