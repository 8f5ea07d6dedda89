import { Link } from "@tanstack/react-router";
import { MessageSquare, MessagesSquare, PanelLeftClose, PanelLeftOpen, Search, Settings, SquarePen, X } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";

import { IconButton, Shortcut, tooltip } from "@/components/ui";
import { cn } from "@/lib/cn";
import { stored } from "@/lib/storage";
import { useStore } from "@/lib/store";

import { shareSession } from "../share-host";
import { palette } from "./palette-state";
import { ResizeHandle, sidebarWidth } from "./resize-handle";
import { UserMenu } from "./user-menu";
import { WorkspaceSwitcher } from "./workspace-switcher";

const SessionList = lazy(() => import("./session-list"));

export const sidebarCollapsed = stored("sidebar.collapsed", false, (value) => typeof value === "boolean");

const PAGES = [
  { to: "/chat", name: "Chat", icon: <MessageSquare aria-hidden /> },
  { to: "/sessions", name: "Sessions", icon: <MessagesSquare aria-hidden /> },
  { to: "/settings", name: "Settings", icon: <Settings aria-hidden /> },
] as const;

const ROW =
  "flex min-h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm text-text hover:bg-line/50 pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0";

interface Props {
  inDrawer?: boolean;
  /** Something was followed: the drawer closes. */
  onLeave?: () => void;
}

/** Where one can go. A column as wide as its reader made it, a rail of icons, or the content of the phone's drawer. */
export function Sidebar({ inDrawer = false, onLeave }: Props) {
  const collapsed = useStore(sidebarCollapsed) && !inDrawer;
  const width = useStore(sidebarWidth);
  const column = !collapsed && !inDrawer;
  return (
    <aside
      aria-label="Sidebar"
      style={column ? { width } : undefined}
      className={cn("relative @container flex h-full shrink-0 flex-col bg-panel", collapsed ? "w-14" : "min-w-0", inDrawer ? "h-dvh" : "border-r border-line")}
    >
      <div className={cn("flex items-center gap-2 p-2", collapsed ? "flex-col" : "justify-between")}>
        {collapsed ? null : <WorkspaceSwitcher />}
        {inDrawer ? (
          <IconButton label="Close the navigation" onClick={onLeave}>
            <X aria-hidden />
          </IconButton>
        ) : (
          <IconButton label={collapsed ? "Widen the sidebar" : "Collapse the sidebar"} hotkey="mod+shift+s" aria-expanded={!collapsed} onClick={() => sidebarCollapsed.set(!collapsed)}>
            {collapsed ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
          </IconButton>
        )}
      </div>
      <div className="flex flex-col gap-0.5 px-2 pb-2">
        <Link to="/chat" activeOptions={{ exact: true, includeSearch: false }} onClick={onLeave} aria-current={undefined} {...named("New chat", collapsed)} className={cn(ROW, collapsed && "justify-center")}>
          <SquarePen aria-hidden />
          {!collapsed && <Ending text="New chat" keys={inDrawer ? null : "mod+shift+o"} />}
        </Link>
        <button
          type="button"
          aria-haspopup="dialog"
          className={cn(ROW, collapsed && "justify-center")}
          {...named("Search", collapsed)}
          onClick={() => {
            onLeave?.();
            palette.set(true);
          }}
        >
          <Search aria-hidden />
          {!collapsed && <Ending text="Search" keys={inDrawer ? null : "mod+k"} />}
        </button>
      </div>
      <nav aria-label="Pages" className="flex flex-col gap-0.5 px-2 pb-3">
        {PAGES.map(({ to, name, icon }) => (
          <Link
            key={to}
            to={to}
            onClick={onLeave}
            {...named(name, collapsed)}
            className={cn(ROW, collapsed && "justify-center")}
            activeProps={{ className: "bg-line/60 font-medium", "aria-current": "page" }}
          >
            {icon}
            {!collapsed && name}
          </Link>
        ))}
      </nav>
      <div className="flex min-h-0 flex-1 flex-col">
        {!collapsed && (
          <Suspense fallback={null}>
            <SessionList onShare={shareSession} {...(onLeave ? { onOpen: onLeave } : {})} />
          </Suspense>
        )}
      </div>
      <div className={cn("border-t border-line p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]", collapsed && "flex justify-center")}>
        <UserMenu small={collapsed} onLeave={onLeave} />
      </div>
      {column && <ResizeHandle />}
    </aside>
  );
}

/** In the rail an icon stands alone: it needs a name and a tooltip. */
function named(name: string, alone: boolean): Record<string, string> {
  return alone ? { "aria-label": name, ...tooltip(name) } : {};
}

function Ending({ text, keys }: { text: ReactNode; keys: string | null }) {
  return (
    <>
      <span className="min-w-0 flex-1 truncate text-left">{text}</span>
      {keys !== null && (
        <span aria-hidden className="shrink-0 pointer-coarse:hidden @max-[15rem]:hidden">
          <Shortcut keys={keys} />
        </span>
      )}
    </>
  );
}
