/**
 * Stands in for `react-remove-scroll` and `aria-hidden`, which Radix uses in modal menus only (vite.config.ts puts it there). No menu is
 * modal: a modal one writes a style sheet into the page, which the page's policy refuses. Saves 5 kB of every first visit.
 */
export function RemoveScroll(): never {
  throw new Error("A menu may not be modal: the page's policy refuses the style sheet that it writes.");
}

export const hideOthers = RemoveScroll;
