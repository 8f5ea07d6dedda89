import { useNavigate } from "@tanstack/react-router";
import { Keyboard, LogOut, MonitorX, Settings } from "lucide-react";
import { useState } from "react";

import {
  ConfirmDialog,
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
  toast,
} from "@/components/ui";
import { messageOf } from "@/lib/api";
import { cn } from "@/lib/cn";
import { firstLetter } from "@/lib/format";
import { useSession } from "@/lib/session";
import { useStore } from "@/lib/store";
import { theme, type Theme } from "@/lib/theme";

import { keyboardSheet } from "./keyboard-sheet";

const THEMES: { value: Theme; name: string }[] = [
  { value: "system", name: "As the system" },
  { value: "light", name: "Light" },
  { value: "dark", name: "Dark" },
];

interface Props {
  small: boolean;
  onLeave?: (() => void) | undefined;
}

export function UserMenu({ small, onLeave }: Props) {
  const { user, signOut, signOutEverywhere } = useSession();
  const chosen = useStore(theme);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const name = user?.name || user?.email || "Account";
  const failed = (error: unknown): void => void toast(messageOf(error));
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger
          className={cn(
            "flex min-h-10 min-w-0 items-center gap-2.5 rounded-lg text-sm hover:bg-line/50 data-[state=open]:bg-line/50 pointer-coarse:min-h-11",
            small ? "px-1" : "w-full px-1.5",
          )}
        >
          <span aria-hidden className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold">
            {initials(name)}
          </span>
          <span className="sr-only">Account: </span>
          <span className={small ? "sr-only" : "min-w-0 truncate"}>{name}</span>
        </DropdownMenuTrigger>
        <DropdownMenuContent side="top" align="start" className="min-w-56">
          <DropdownMenuLabel className="truncate">{user?.email}</DropdownMenuLabel>
          <DropdownMenuSeparator />
          <DropdownMenuLabel>Theme</DropdownMenuLabel>
          <DropdownMenuRadioGroup value={chosen} onValueChange={(value) => theme.set(value as Theme)}>
            {THEMES.map((one) => (
              <DropdownMenuRadioItem key={one.value} value={one.value}>
                {one.name}
              </DropdownMenuRadioItem>
            ))}
          </DropdownMenuRadioGroup>
          <DropdownMenuSeparator />
          <DropdownMenuItem
            icon={<Settings aria-hidden />}
            onSelect={() => {
              onLeave?.();
              void navigate({ to: "/settings" });
            }}
          >
            Settings
          </DropdownMenuItem>
          <DropdownMenuItem icon={<Keyboard aria-hidden />} onSelect={() => keyboardSheet.set(true)}>
            Keyboard shortcuts
          </DropdownMenuItem>
          <DropdownMenuSeparator />
          <DropdownMenuItem icon={<LogOut aria-hidden />} onSelect={() => void signOut().catch(failed)}>
            Sign out
          </DropdownMenuItem>
          <DropdownMenuItem icon={<MonitorX aria-hidden />} onSelect={() => setAsking(true)}>
            Sign out everywhere
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      <ConfirmDialog
        open={asking}
        title="Sign out everywhere?"
        text="You will be signed out on every device and in every browser, here too."
        action="Sign out everywhere"
        onConfirm={() => {
          setAsking(false);
          void signOutEverywhere().catch(failed);
        }}
        onClose={() => setAsking(false)}
      />
    </>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  return words.slice(0, 2).map(firstLetter).join("");
}
