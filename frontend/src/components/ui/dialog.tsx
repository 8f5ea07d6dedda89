import { X } from "lucide-react";
import { useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";

import { cn } from "@/lib/cn";

import { Button, IconButton } from "./button";
import { PortalTarget } from "./portal";

export interface DialogProps {
  open: boolean;
  title: string;
  onClose: () => void;
  children?: ReactNode;
  /** A sentence below the title. */
  description?: ReactNode;
  /** Buttons at its foot. */
  footer?: ReactNode;
  /** The title is only for those who cannot see. */
  hideTitle?: boolean;
  className?: string;
}

const CENTRED =
  "m-auto max-h-[85dvh] w-[min(32rem,calc(100vw-2rem))] rounded-2xl border border-line";

/** The platform's own modal dialog: it traps the focus, gives it back, and closes on Escape and on a click beside it. */
export function Dialog({ open, title, onClose, children, description, footer, hideTitle = false, className }: DialogProps) {
  return (
    <Modal open={open} title={title} onClose={onClose} description={description} hideTitle={hideTitle} className={cn(CENTRED, className)}>
      <div className={cn("overflow-auto p-5", !hideTitle && "pt-0")}>{children}</div>
      {footer && <div className="flex flex-wrap justify-end gap-2 border-t border-line p-4">{footer}</div>}
    </Modal>
  );
}

interface SheetProps extends DialogProps {
  side?: "left" | "right";
  bodyClassName?: string;
}

/** A dialog along an edge of the window. */
export function Sheet({ side = "right", open, title, onClose, children, description, footer, hideTitle = false, className, bodyClassName }: SheetProps) {
  const edge = side === "left" ? "mr-auto border-r" : "ml-auto border-l";
  return (
    <Modal
      open={open}
      title={title}
      onClose={onClose}
      description={description}
      hideTitle={hideTitle}
      className={cn("my-0 h-dvh max-h-none w-[min(26rem,calc(100vw-3rem))] border-line", edge, className)}
    >
      <div className={cn("min-h-0 flex-1 overflow-auto p-5", !hideTitle && "pt-0", bodyClassName)}>{children}</div>
      {footer && <div className="flex flex-wrap justify-end gap-2 border-t border-line p-4">{footer}</div>}
    </Modal>
  );
}

/**
 * Chromium gives the focus back to a text box, but what is typed goes nowhere when the dialog that held the cursor leaves the document
 * right after: the box must be entered anew.
 */
function takeTyping(): void {
  const box = document.activeElement;
  if (!(box instanceof HTMLTextAreaElement || box instanceof HTMLInputElement)) return;
  box.blur();
  box.focus({ preventScroll: true });
}

function Modal(props: DialogProps) {
  return props.open ? <OpenModal {...props} /> : null;
}

function OpenModal({ title, onClose, children, description, hideTitle, className }: DialogProps) {
  const [element, setElement] = useState<HTMLDialogElement | null>(null);
  const pressed = useRef<EventTarget | null>(null);
  const id = useId();
  // Closed while it is still in the document, as a layout effect's end is: only then the browser gives the focus back.
  useLayoutEffect(() => {
    if (!element || element.open) return;
    element.showModal();
    return () => {
      element.close();
      queueMicrotask(takeTyping);
    };
  }, [element]);
  return (
    // The key is Escape, which the browser turns into `cancel`; the pointer's way is beside the close button.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={setElement}
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-description` : undefined}
      className={cn("flex-col bg-raised p-0 text-text shadow-2xl backdrop:bg-black/40 open:flex", className)}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        pressed.current = event.target;
      }}
      onClick={(event) => {
        // Pressed and let go on the backdrop: not the end of selecting text inside.
        if (event.target === event.currentTarget && pressed.current === event.currentTarget) onClose();
      }}
    >
      <PortalTarget value={element}>
        <div className={cn("flex items-start justify-between gap-4 p-5 pb-3", hideTitle && "sr-only")}>
          <div>
            <h2 id={`${id}-title`} className="text-base font-semibold">
              {title}
            </h2>
            {description && (
              <p id={`${id}-description`} className="mt-1 text-sm text-muted">
                {description}
              </p>
            )}
          </div>
          {!hideTitle && (
            <IconButton label="Close" size="sm" onClick={onClose}>
              <X aria-hidden />
            </IconButton>
          )}
        </div>
        {children}
      </PortalTarget>
    </dialog>
  );
}

interface ConfirmProps {
  open: boolean;
  title: string;
  text: ReactNode;
  /** What the button that does it says: a verb. */
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** For what cannot be undone; everything else gets an Undo. */
export function ConfirmDialog({ open, title, text, action, danger = false, busy = false, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog
      open={open}
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant={danger ? "danger" : "primary"} busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <div className="text-sm text-muted">{text}</div>
    </Dialog>
  );
}
