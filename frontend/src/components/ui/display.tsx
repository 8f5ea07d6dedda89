import { useEffect, useState, type ComponentProps, type ReactNode } from "react";

import { ApiError, messageOf } from "@/lib/api";
import { cn } from "@/lib/cn";
import { keyNames, useChosen } from "@/lib/hotkeys";

import { Button } from "./button";

const TONES = {
  neutral: "bg-line/60 text-text",
  accent: "bg-accent-soft text-text",
  success: "bg-success/15 text-success",
  warning: "bg-warning/15 text-warning",
  danger: "bg-danger-soft text-danger",
};

interface BadgeProps extends ComponentProps<"span"> {
  tone?: keyof typeof TONES;
}

export function Badge({ tone = "neutral", className, ...rest }: BadgeProps) {
  return <span className={cn("inline-flex items-center gap-1 rounded-md px-1.5 py-0.5 text-xs font-medium", TONES[tone], className)} {...rest} />;
}

export function Card({ className, ...rest }: ComponentProps<"div">) {
  return <div className={cn("rounded-2xl border border-line bg-raised p-5", className)} {...rest} />;
}

/** A place where something will be; give it that thing's shape. */
export function Skeleton({ className, ...rest }: ComponentProps<"div">) {
  return <div aria-hidden className={cn("animate-pulse rounded-md bg-line/70", className)} {...rest} />;
}

export function Kbd({ keys, className }: { keys: string; className?: string }) {
  return (
    <kbd className={cn("inline-flex gap-0.5 font-sans text-xs text-muted", className)}>
      {keyNames(keys).map((name) => (
        <span key={name} className="inline-flex min-w-5 items-center justify-center rounded border border-line bg-panel px-1 py-0.5 leading-none">
          {name}
        </span>
      ))}
    </kbd>
  );
}

/** The keys that the reader chose for what these do at first. */
export function Shortcut({ keys }: { keys: string }) {
  return <Kbd keys={useChosen(keys)} />;
}

interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  className?: string;
}

export function EmptyState({ icon, title, text, action, className }: EmptyStateProps) {
  return (
    <div className={cn("flex flex-col items-center justify-center gap-2 p-8 text-center", className)}>
      {icon && (
        <span aria-hidden className="text-muted [&_svg]:size-8">
          {icon}
        </span>
      )}
      <p className="font-medium">{title}</p>
      {text && <div className="max-w-sm text-sm text-muted">{text}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

interface ErrorCardProps {
  error: unknown;
  onRetry?: () => void;
  /** More ways on, beside Retry. */
  actions?: ReactNode;
  className?: string;
}

/** What went wrong in a sentence, and a way on. After a limit it counts down to the moment when a retry may work. */
export function ErrorCard({ error, onRetry, actions, className }: ErrorCardProps) {
  const left = useCountdown(error instanceof ApiError ? (error.retryAfter ?? 0) : 0, error);
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div role="alert" className={cn("rounded-xl border border-danger/40 bg-danger-soft p-4 text-sm", className)}>
      <p className="break-words">{messageOf(error)}</p>
      {requestId !== null && <p className="mt-1 font-mono text-xs text-muted select-all">{requestId}</p>}
      {(onRetry ?? actions) && (
        <div className="mt-3 flex flex-wrap items-center gap-2">
          {onRetry && (
            <Button size="sm" onClick={onRetry} disabled={left > 0}>
              {left > 0 ? `Retry in ${left} s` : "Retry"}
            </Button>
          )}
          {actions}
        </div>
      )}
    </div>
  );
}

/** Whole seconds that are left of `seconds`; it starts anew when `about` changes. */
export function useCountdown(seconds: number, about: unknown): number {
  const [left, setLeft] = useState(Math.ceil(seconds));
  useEffect(() => {
    const end = Date.now() + seconds * 1000;
    const tick = (): void => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    if (seconds <= 0) return;
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [seconds, about]);
  return left;
}
