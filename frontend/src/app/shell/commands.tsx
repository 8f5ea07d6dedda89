import type { useNavigate } from "@tanstack/react-router";
import { Bot, Keyboard, LogOut, MessagesSquare, Moon, PanelLeft, Settings, SquarePen, Sun, SunMoon } from "lucide-react";
import type { ReactNode } from "react";

import type { Agent } from "@/lib/api/types";
import { session } from "@/lib/session";
import { theme } from "@/lib/theme";

import { keyboardSheet } from "./keyboard-sheet";
import { sidebarCollapsed } from "./sidebar";

export interface Command {
  name: string;
  icon: ReactNode;
  keys?: string;
  /** Other words by which it is found. */
  words?: string;
  run: () => void;
}

/** What the palette can do, besides finding sessions. */
export function commandsOf(navigate: ReturnType<typeof useNavigate>, agents: readonly Agent[]): Command[] {
  return [
    { name: "New chat", icon: <SquarePen aria-hidden />, keys: "mod+shift+o", run: () => void navigate({ to: "/chat" }) },
    { name: "Sessions", icon: <MessagesSquare aria-hidden />, words: "history list go", run: () => void navigate({ to: "/sessions" }) },
    { name: "Settings", icon: <Settings aria-hidden />, words: "preferences go", run: () => void navigate({ to: "/settings" }) },
    ...agents.map((agent) => ({
      name: `Chat with ${agent.name}`,
      icon: <Bot aria-hidden />,
      words: `agent ${agent.id} ${agent.description ?? ""}`,
      run: () => void navigate({ to: "/chat", search: { agent: agent.id } }),
    })),
    { name: "Light theme", icon: <Sun aria-hidden />, words: "appearance", run: () => theme.set("light") },
    { name: "Dark theme", icon: <Moon aria-hidden />, words: "appearance night", run: () => theme.set("dark") },
    { name: "Theme as the system", icon: <SunMoon aria-hidden />, words: "appearance auto", run: () => theme.set("system") },
    { name: "Show or hide the sidebar", icon: <PanelLeft aria-hidden />, keys: "mod+shift+s", run: () => sidebarCollapsed.set((is) => !is) },
    { name: "Keyboard shortcuts", icon: <Keyboard aria-hidden />, keys: "mod+/", words: "help", run: () => keyboardSheet.set(true) },
    { name: "Sign out", icon: <LogOut aria-hidden />, words: "log out leave", run: () => void session.signOut().catch(() => undefined) },
  ];
}

/** Those in which every typed word begins a word. */
export function matching(commands: readonly Command[], query: string): Command[] {
  const typed = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter((command) => {
    const words = `${command.name} ${command.words ?? ""}`.toLowerCase().split(/\s+/);
    return typed.every((part) => words.some((word) => word.startsWith(part)));
  });
}
