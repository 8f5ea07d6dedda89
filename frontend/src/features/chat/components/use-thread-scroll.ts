import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

import { autoscroll } from "@/lib/settings";

import type { Anchor } from "../conversation/state";

/** So near to the end, in pixels, counts as at the end. */
const NEAR = 50;
/** A scroll so soon after a wheel, a key or a finger is the reader's own; others are the page's. */
const OWN_MS = 600;

/** Where each session was left, in pixels from its end; null: at its end. */
const left = new Map<string, number>();
/** The messages that were put to the top already: a page that is made anew leaves them where they are. */
const brought = new Set<string>();

interface ThreadScroll {
  scroller: RefObject<HTMLDivElement | null>;
  /** The end is out of sight. */
  away: boolean;
  toEnd: () => void;
}

/**
 * The thread follows a growing answer only while the reader is at its end. A message that is sent is put near the top, and the answer is
 * read from its beginning. Older runs come in above without moving what is read.
 */
export function useThreadScroll(session: string, runs: readonly string[], anchored: Anchor | null, ready: boolean): ThreadScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const following = useRef(true);
  const atEnd = useRef(true);
  const ownSince = useRef(0);
  const place = useRef({ first: "", top: 0 });

  // The reader's own hand, told apart from scrolling that the page does.
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const measure = (): void => {
      const toEnd = distance(box);
      setAway(hidden(box) > NEAR);
      atEnd.current = toEnd <= NEAR;
      if (performance.now() - ownSince.current < OWN_MS) following.current = toEnd <= NEAR;
      left.set(session, toEnd <= NEAR ? 0 : toEnd);
      place.current.top = firstTop(box);
    };
    const own = (): void => {
      ownSince.current = performance.now();
    };
    const up = (event: WheelEvent): void => {
      own();
      if (event.deltaY < 0) following.current = false;
    };
    box.addEventListener("wheel", up, { passive: true });
    for (const name of ["touchmove", "keydown", "pointerdown"]) box.addEventListener(name, own, { passive: true });
    box.addEventListener("scroll", measure, { passive: true });
    // Whatever grows: words, pictures, code.
    const observer = new ResizeObserver(() => {
      if (following.current && autoscroll.get()) box.scrollTo({ top: box.scrollHeight });
      measure();
    });
    observer.observe(box);
    if (box.firstElementChild) observer.observe(box.firstElementChild);
    return () => {
      observer.disconnect();
      box.removeEventListener("wheel", up);
      for (const name of ["touchmove", "keydown", "pointerdown"]) box.removeEventListener(name, own);
      box.removeEventListener("scroll", measure);
    };
  }, [session]);

  // A session opens at its end, or where it was left.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!ready || !box) return;
    const before = left.get(session) ?? 0;
    following.current = before === 0 && anchored === null;
    box.scrollTo({ top: box.scrollHeight - box.clientHeight - before });
    // An anchor that comes later is the business of the effect below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [session, ready]);

  // Older runs above: what is read stays where it is.
  const firstRun = runs[0] ?? "";
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const { first, top } = place.current;
    if (first !== "" && first !== firstRun && runs.includes(first)) {
      const turn = box.querySelector(`[data-turn="${CSS.escape(first)}"]`);
      if (turn) box.scrollBy({ top: offset(box, turn) - top });
    }
    place.current = { first: firstRun, top: firstTop(box) };
    // `runs` changes with `firstRun` where it matters.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [firstRun]);

  // The message just sent goes to the top; one that waited for its turn only while the reader is at the end.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box || anchored === null || brought.has(anchored.key)) return;
    const turn = box.querySelector(`[data-turn="${CSS.escape(anchored.key)}"]`);
    if (!turn) return;
    brought.add(anchored.key);
    if (!anchored.direct && !atEnd.current) return;
    following.current = false;
    // In the next frame the turn before has lost the room that it had as the last one.
    requestAnimationFrame(() => box.scrollTo({ top: box.scrollTop + offset(box, turn), behavior: calm() ? "auto" : "smooth" }));
  }, [anchored]);

  const toEnd = (): void => {
    following.current = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: calm() ? "auto" : "smooth" });
  };
  return { scroller, away, toEnd };
}

function distance(box: Element): number {
  return box.scrollHeight - box.clientHeight - box.scrollTop;
}

/** How much of the last answer lies below the window: the room that is kept below it counts for nothing. */
function hidden(box: Element): number {
  const end = box.querySelector("[data-turn]:last-child")?.lastElementChild;
  return end ? Math.min(distance(box), end.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom) : distance(box);
}

function offset(box: Element, turn: Element): number {
  return turn.getBoundingClientRect().top - box.getBoundingClientRect().top;
}

function firstTop(box: Element): number {
  const turn = box.querySelector("[data-turn]");
  return turn ? offset(box, turn) : 0;
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
