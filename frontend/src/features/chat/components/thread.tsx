import { ArrowDown } from "lucide-react";
import { lazy, Suspense, useEffect, useRef } from "react";

import { Button, Skeleton, Spinner } from "@/components/ui";
import { useStore } from "@/lib/store";

import type { ThreadRun } from "../conversation/state";
import type { Place } from "../logic/thread";
import { useChat } from "./chat-context";
import { Turn } from "./turn";
import { useThreadScroll } from "./use-thread-scroll";

interface Props {
  branch: readonly Place<ThreadRun>[];
}

const QuoteSelection = lazy(() => import("./quote-selection"));

/** So many turns at the end are never left undrawn: their heights are at hand when a message is put to the top. */
const NEAR_END = 4;

export function Thread({ branch }: Props) {
  const { conversation, busy } = useChat();
  const { phase, older, loadingOlder, anchored } = useStore(conversation.state);
  const keys = branch.map((place) => place.run.key);
  const { scroller, away, toEnd } = useThreadScroll(conversation.id, keys, anchored, phase === "ready");
  return (
    <div className="relative min-h-0 flex-1">
      {/* It scrolls: the keyboard must reach it. Its words are told by the Announcer, by sentence. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} role="log" aria-label="Conversation" aria-live="off" tabIndex={0} className="h-full overflow-y-auto overscroll-contain [container-type:size]">
        <div className="mx-auto flex max-w-3xl flex-col px-4 pb-4">
          {older && <OlderRuns loading={loadingOlder} scroller={scroller} />}
          {phase === "loading" && branch.length === 0 && <Loading />}
          {branch.map((place, n) => (
            <Turn key={place.run.key} place={place} last={n === branch.length - 1} near={n >= branch.length - NEAR_END} anchored={place.run.key === anchored?.key && n === branch.length - 1} />
          ))}
        </div>
      </div>
      <Suspense fallback={null}>
        <QuoteSelection within={scroller} />
      </Suspense>
      {away && (
        <Button size="sm" icon={<ArrowDown aria-hidden />} onClick={toEnd} className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-md short:right-2 short:bottom-1 short:left-auto short:translate-x-0">
          <span className="short:sr-only">Jump to latest</span>
          {busy && <span aria-hidden className="size-2 rounded-full bg-accent" />}
        </Button>
      )}
    </div>
  );
}

/** Loads the page before as its place comes near; the button is for the keyboard and for a load that failed. */
function OlderRuns({ loading, scroller }: { loading: boolean; scroller: React.RefObject<HTMLDivElement | null> }) {
  const { conversation } = useChat();
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (loading || !mark.current) return;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void conversation.loadOlder(), {
      root: scroller.current,
      rootMargin: "600px 0px 0px",
    });
    observer.observe(mark.current);
    return () => observer.disconnect();
  }, [conversation, loading, scroller]);
  return (
    <div ref={mark} className="flex h-14 items-center justify-center">
      {loading ? (
        <Spinner label="Loading earlier messages" />
      ) : (
        <Button size="sm" variant="ghost" onClick={() => void conversation.loadOlder()}>
          Earlier messages
        </Button>
      )}
    </div>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the conversation" className="flex flex-col gap-6 pt-8">
      {[0, 1].map((n) => (
        <div key={n} className="flex flex-col gap-3">
          <Skeleton className="ml-auto h-10 w-2/5 rounded-2xl" />
          <Skeleton className="h-4 w-11/12" />
          <Skeleton className="h-4 w-4/5" />
          <Skeleton className="h-4 w-3/5" />
        </div>
      ))}
    </div>
  );
}
