import { lazy, Suspense } from "react";

import { createStore, useStore } from "@/lib/store";

export const keyboardSheet = createStore(false);

const KeyboardTable = lazy(() => import("./keyboard-table"));

/** All keys that work on the page that is open. */
export function KeyboardSheet() {
  return useStore(keyboardSheet) ? (
    <Suspense fallback={null}>
      <KeyboardTable onClose={() => keyboardSheet.set(false)} />
    </Suspense>
  ) : null;
}
