import { Quote } from "lucide-react";
import { useEffect, useState, type RefObject } from "react";

import { Button } from "@/components/ui";

import { quotation } from "../logic/quote";
import { useChat } from "./chat-context";

const HEIGHT = 40;
/** While the selection grows the button stays away. */
const REST_MS = 200;

interface Selected {
  text: string;
  top: number;
  left: number;
}

/** A button at what is selected in an answer. The keyboard's way is in the answer's menu. */
export default function QuoteSelection({ within }: { within: RefObject<HTMLElement | null> }) {
  const { insert } = useChat();
  const [selected, setSelected] = useState<Selected | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = (): void => {
      clearTimeout(timer);
      setSelected(null);
      timer = setTimeout(() => setSelected(selectionIn(within.current)), REST_MS);
    };
    const scroller = within.current;
    document.addEventListener("selectionchange", changed);
    scroller?.addEventListener("scroll", changed, { passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("selectionchange", changed);
      scroller?.removeEventListener("scroll", changed);
    };
  }, [within]);
  if (!selected) return null;
  return (
    <Button
      size="sm"
      icon={<Quote aria-hidden />}
      className="fixed z-20 -translate-x-1/2 shadow-md"
      style={{ top: selected.top, left: selected.left }}
      // A press would take the selection away before it is quoted.
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => {
        getSelection()?.removeAllRanges();
        insert(quotation(selected.text));
      }}
    >
      Quote
    </Button>
  );
}

/** What is selected, when all of it lies in one answer's words and some of it is in view. */
export function selectionIn(log: HTMLElement | null): Selected | null {
  const selection = getSelection();
  const text = selection?.toString().trim() ?? "";
  if (!log || !selection || selection.rangeCount === 0 || text === "") return null;
  const range = selection.getRangeAt(0);
  const common = range.commonAncestorContainer;
  const element = common instanceof Element ? common : common.parentElement;
  const words = element?.closest(".markdown") ?? (element?.querySelector(":scope > .markdown") ? element : null);
  if (!words || !log.contains(words) || words === log) return null;
  const [box, frame] = [range.getBoundingClientRect(), log.getBoundingClientRect()];
  if (box.bottom < frame.top || box.top > frame.bottom) return null;
  // Above it; where a finger selects, the browser's own menu stands there.
  const above = !matchMedia("(pointer: coarse)").matches && box.top - HEIGHT >= frame.top;
  const top = above ? box.top - HEIGHT : Math.min(box.bottom + 8, frame.bottom - HEIGHT);
  const left = Math.min(Math.max(box.left + box.width / 2, frame.left + 60), frame.right - 60);
  return { text, top, left };
}
