import type { useNavigate } from "@tanstack/react-router";
import { Bot, Keyboard, LogOut, MessagesSquare, Moon, PanelLeft, Settings, SquarePen, Sun, SunMoon } from "lucide-react";

import type { Agent } from "@/lib/api/types";
import type { Command } from "@/lib/commands";
import { session } from "@/lib/session";
import { theme } from "@/lib/theme";

import { keyboardSheet } from "./keyboard-sheet";
import { sidebarCollapsed } from "./sidebar";

type Navigate = ReturnType<typeof useNavigate>;

/** What can be done on every page. */
export function commandsOf(navigate: Navigate): Command[] {
  return [
    { name: "New chat", icon: <SquarePen aria-hidden />, keys: "mod+shift+o", run: () => void navigate({ to: "/chat" }) },
    { name: "Sessions", icon: <MessagesSquare aria-hidden />, words: "history list go", run: () => void navigate({ to: "/sessions" }) },
    { name: "Settings", icon: <Settings aria-hidden />, words: "preferences go", run: () => void navigate({ to: "/settings" }) },
    { name: "Light theme", icon: <Sun aria-hidden />, words: "appearance", run: () => theme.set("light") },
    { name: "Dark theme", icon: <Moon aria-hidden />, words: "appearance night", run: () => theme.set("dark") },
    { name: "Theme as the system", icon: <SunMoon aria-hidden />, words: "appearance auto", run: () => theme.set("system") },
    { name: "Show or hide the sidebar", icon: <PanelLeft aria-hidden />, keys: "mod+shift+s", run: () => sidebarCollapsed.set((is) => !is) },
    { name: "Keyboard shortcuts", icon: <Keyboard aria-hidden />, keys: "mod+/", words: "help", run: () => keyboardSheet.set(true) },
    { name: "Sign out", icon: <LogOut aria-hidden />, words: "log out leave", run: () => void session.signOut().catch(() => undefined) },
  ];
}

/** New chats, by agent. */
export function chatsWith(navigate: Navigate, agents: readonly Agent[]): Command[] {
  return agents.map((agent) => ({
    name: `Chat with ${agent.name}`,
    icon: <Bot aria-hidden />,
    words: `agent ${agent.id} ${agent.description ?? ""}`,
    run: () => void navigate({ to: "/chat", search: { agent: agent.id } }),
  }));
}
