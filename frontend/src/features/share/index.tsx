import { lazy, Suspense } from "react";

import type { ShareDialogProps } from "./ShareDialog";

const Dialog = lazy(() => import("./ShareDialog"));
const Page = lazy(() => import("./SharedPage"));

/** Both are fetched when first needed: most visits need neither. */
export function ShareDialog(props: ShareDialogProps) {
  return (
    <Suspense fallback={null}>
      <Dialog {...props} />
    </Suspense>
  );
}

export function SharedPage({ shareId }: { shareId: string }) {
  return (
    <Suspense fallback={null}>
      <Page shareId={shareId} />
    </Suspense>
  );
}
