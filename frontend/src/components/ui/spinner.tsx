import { LoaderCircle } from "lucide-react";

import { cn } from "@/lib/cn";

/** `label` null: something beside it already says what is going on. */
export function Spinner({ label = "Loading", className }: { label?: string | null; className?: string }) {
  return (
    <span role={label === null ? undefined : "status"} className={cn("inline-flex", className)}>
      <LoaderCircle aria-hidden className="size-4 animate-spin" />
      {label !== null && <span className="sr-only">{label}</span>}
    </span>
  );
}
