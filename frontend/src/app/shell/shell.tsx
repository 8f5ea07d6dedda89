import { Link, Outlet, useMatches, useNavigate } from "@tanstack/react-router";
import { Menu, SquarePen } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { IconButton } from "@/components/ui";
import { useCommands } from "@/lib/commands";
import { useHotkey } from "@/lib/hotkeys";
import { useOnline, usePhone } from "@/lib/media";
import { useStore } from "@/lib/store";

import { ShareHost } from "../share-host";
import { useTitle } from "../title";
import { Drawer } from "./drawer";
import { KeyboardSheet, keyboardSheet } from "./keyboard-sheet";
import { palette } from "./palette-state";
import { Sidebar, sidebarCollapsed } from "./sidebar";

const Palette = lazy(() => import("./palette"));
const ReadKeeper = lazy(() => import("./read-keeper"));

/** What stands around every page: the navigation, the palette, the notices. */
export default function Shell() {
  const phone = usePhone();
  const online = useOnline();
  const railed = useStore(sidebarCollapsed);
  const [drawer, setDrawer] = useState(false);
  const navigate = useNavigate();
  useTitle(useMatches({ select: (matches) => matches.at(-1)?.staticData.title }));
  useCommands(async () => (await import("./commands")).commandsOf(navigate));
  useHotkey("mod+k", () => palette.set((open) => !open), { description: "Search and commands" });
  useHotkey("mod+shift+o", () => void navigate({ to: "/chat" }), { description: "New chat" });
  useHotkey("mod+/", () => keyboardSheet.set((open) => !open), { description: "Keyboard shortcuts" });
  useHotkey("mod+shift+s", () => (phone ? setDrawer((open) => !open) : sidebarCollapsed.set((is) => !is)), { description: "Show or hide the sidebar" });

  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-lg bg-accent px-4 py-2 text-sm font-medium text-accent-text focus:translate-y-0"
      >
        Skip to the page
      </a>
      {!phone && <Sidebar />}
      <div className="flex min-w-0 flex-1 flex-col">
        {phone && (
          <header className="flex items-center justify-between border-b border-line bg-panel px-2 pt-[env(safe-area-inset-top)] short:pointer-fine:[&>:not(span)]:h-9">
            <IconButton label="Open the navigation" size="lg" aria-haspopup="dialog" onClick={() => setDrawer(true)}>
              <Menu aria-hidden />
            </IconButton>
            <span className="text-sm font-semibold">Reggie</span>
            <Link to="/chat" aria-label="New chat" className="inline-flex size-11 items-center justify-center rounded-lg hover:bg-line/50">
              <SquarePen aria-hidden className="size-4" />
            </Link>
          </header>
        )}
        {!online && (
          <p role="status" className="border-b border-line bg-warning/15 px-4 py-1.5 text-center text-sm">
            You are offline. What you write is kept; it goes on when the connection is back.
          </p>
        )}
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      {phone && (
        <Drawer open={drawer} onOpen={() => setDrawer(true)} onClose={() => setDrawer(false)} />
      )}
      {(phone || railed) && (
        <Suspense fallback={null}>
          <ReadKeeper />
        </Suspense>
      )}
      <PaletteHost />
      <KeyboardSheet />
      <ShareHost />
    </div>
  );
}

function PaletteHost() {
  return useStore(palette) ? (
    <Suspense fallback={null}>
      <Palette />
    </Suspense>
  ) : null;
}
