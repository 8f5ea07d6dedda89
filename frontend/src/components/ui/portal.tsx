import { createContext, useContext } from "react";

/** How all that opens above the page looks. */
export const PANEL = "z-50 rounded-xl border border-line bg-raised text-text shadow-lg";

const Target = createContext<HTMLElement | null>(null);

/** Menus of a modal dialog must lie inside it: everything else on the page is inert. */
export const PortalTarget = Target.Provider;

/** Where a menu is to be put; undefined: at the end of the page. */
export function usePortalTarget(): HTMLElement | undefined {
  return useContext(Target) ?? undefined;
}
