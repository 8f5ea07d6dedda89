import { lazy, Suspense } from "react";

import type { SessionDetailPageProps } from "./detail/SessionDetailPage";
import type { SessionsPageProps } from "./page/SessionsPage";
import type { SessionCommandsProps } from "./SessionCommands";

export { type SessionsSearch, validSessionsSearch } from "./logic/filters";
export { SearchHitRow } from "./search/SearchHitRow";
export { type SearchState, useSearchHits } from "./search/useSearchHits";
export { ReadKeeper } from "./sidebar/ReadKeeper";
export { SessionList, type SessionListProps } from "./sidebar/SessionList";

const Page = lazy(() => import("./page/SessionsPage"));
const DetailPage = lazy(() => import("./detail/SessionDetailPage"));
const Commands = lazy(() => import("./SessionCommands"));

/** The pages are fetched when first opened; the sidebar and the search belong to the shell. */
export function SessionsPage(props: SessionsPageProps) {
  return (
    <Suspense fallback={null}>
      <Page {...props} />
    </Suspense>
  );
}

export function SessionDetailPage(props: SessionDetailPageProps) {
  return (
    <Suspense fallback={null}>
      <DetailPage {...props} />
    </Suspense>
  );
}

export function SessionCommands(props: SessionCommandsProps) {
  return (
    <Suspense fallback={null}>
      <Commands {...props} />
    </Suspense>
  );
}
