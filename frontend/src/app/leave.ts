import { session } from "@/lib/session";

import { BASE, signInAddress } from "./addresses";

let leaving = false;

/** A new page is on its way: the old one shows and asks nothing more. */
export function isLeaving(): boolean {
  return leaving;
}

/**
 * Whoever was signed in and no longer is leaves the page: nothing that was read for them stays in its memory.
 * The way back is remembered, for a sign-in that only ran out; one at
 * an identity system with a page of its own ends on that page.
 */
export function leaveOnSignOut(): void {
  let before = session.store.get().state;
  session.store.subscribe(() => {
    const { state } = session.store.get();
    if (before === "signed-in" && state === "signed-out") {
      leaving = true;
      const here = location.pathname.slice(BASE.length) + location.search;
      location.replace(session.leavingTo ?? signInAddress(session.leftOnPurpose ? null : here, session.leftElsewhere));
    }
    before = state;
  });
}

/** Another workspace has other sessions, agents and drafts: it begins with a new page. */
export function changeWorkspace(id: string): void {
  session.chooseWorkspace(id);
  location.assign(`${BASE}/chat`);
}
