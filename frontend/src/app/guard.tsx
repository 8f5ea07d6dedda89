import { useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";

import { ErrorCard, Spinner } from "@/components/ui";
import { session, useSession } from "@/lib/session";

import { isLeaving } from "./leave";

// Nobody who is asked to sign in needs it yet.
const Shell = lazy(() => import("./shell/shell"));

/** Lets the signed-in through and sends everyone else to the door, with the way they wanted to go. */
export function Guard() {
  const { state, problem } = useSession();
  if (isLeaving()) return <Splash />;
  if (state === "signed-out") return <ToTheDoor />;
  if (state === "loading") return problem ? <Unreachable error={problem} /> : <Splash />;
  return (
    <Suspense fallback={<Splash />}>
      <Shell />
    </Suspense>
  );
}

/** Goes there once: the address changes while it goes, and that is not another way wanted. */
function ToTheDoor() {
  const navigate = useNavigate();
  const wanted = useRef(useLocation().href);
  useEffect(() => {
    const href = wanted.current;
    void navigate({ to: "/sign-in", search: href === "/" || href === "/chat" ? {} : { to: href }, replace: true });
  }, [navigate]);
  return <Splash />;
}

function Unreachable({ error }: { error: Error }) {
  return (
    <main className="flex h-dvh items-center justify-center p-4">
      <ErrorCard error={error} onRetry={() => void session.start()} className="max-w-md" />
    </main>
  );
}

/** The shape of what comes; a spinner only for those who wait long. */
export function Splash() {
  return (
    <div className="flex h-dvh">
      <div aria-hidden className="hidden w-66 border-r border-line bg-panel md:block" />
      <div className="flex flex-1 items-center justify-center text-muted">
        <Spinner className="late" />
      </div>
    </div>
  );
}
