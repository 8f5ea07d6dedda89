import type { Session } from "@/lib/api/types";
import { cn } from "@/lib/cn";

/** A row in the mode in which several are chosen. */
export function SelectRow({ session, checked, onToggle }: { session: Session; checked: boolean; onToggle: () => void }) {
  return (
    <li>
      <label className={cn("flex min-h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 text-sm hover:bg-line/50 pointer-coarse:min-h-11", checked && "bg-accent-soft")}>
        <input type="checkbox" checked={checked} onChange={onToggle} className="size-4 shrink-0 accent-accent" />
        <span className="min-w-0 flex-1 truncate">{session.session_name}</span>
      </label>
    </li>
  );
}
