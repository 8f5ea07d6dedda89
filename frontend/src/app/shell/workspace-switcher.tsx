import { Check, ChevronsUpDown } from "lucide-react";

import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuLabel, DropdownMenuTrigger } from "@/components/ui";
import { firstLetter } from "@/lib/format";
import { useSession } from "@/lib/session";

import { changeWorkspace } from "../leave";

/** Which workspace this is; a menu when there is another. */
export function WorkspaceSwitcher() {
  const { workspaces, workspace } = useSession();
  const name = workspace?.name ?? "Reggie";
  const label = (
    <>
      <span aria-hidden className="flex size-6 shrink-0 items-center justify-center rounded-md bg-accent text-xs font-semibold text-accent-text">
        {firstLetter(name)}
      </span>
      <span className="min-w-0 truncate">{name}</span>
    </>
  );
  if (workspaces.length < 2) return <div className="flex min-w-0 items-center gap-2.5 px-1.5 text-sm font-semibold">{label}</div>;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger className="flex min-h-9 min-w-0 items-center gap-2.5 rounded-lg px-1.5 text-sm font-semibold hover:bg-line/50 pointer-coarse:min-h-11">
        <span className="sr-only">Workspace: </span>
        {label}
        <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-muted" />
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start">
        <DropdownMenuLabel>Workspaces</DropdownMenuLabel>
        {workspaces.map((one) => (
          <DropdownMenuItem key={one.id} onSelect={() => one.id !== workspace?.id && changeWorkspace(one.id)}>
            <span className="flex-1 truncate">{one.name}</span>
            {one.id === workspace?.id && <Check aria-label="open" />}
          </DropdownMenuItem>
        ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
