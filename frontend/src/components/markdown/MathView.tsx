import { useEffect, useRef, useState } from "react";

interface MathProps {
  tex: string;
  display: boolean;
  /** Whether the formula may still grow: then its source is shown, as a half one is an error. */
  open: boolean;
}

/** A formula: its source at once, set as soon as KaTeX is there. */
export function MathView({ tex, display, open }: MathProps) {
  const place = useRef<HTMLSpanElement>(null);
  const [set, setSet] = useState<string | null>(null);
  useEffect(() => {
    if (open) return undefined;
    let wanted = true;
    import("./typeset")
      .then(({ typeset }) => {
        if (!wanted || place.current === null) return;
        place.current.replaceChildren(typeset(tex, display));
        setSet(tex);
      })
      .catch(() => {
        // Without KaTeX the source stays, which is readable.
      });
    return () => {
      wanted = false;
    };
  }, [tex, display, open]);
  const done = set === tex && !open;
  return (
    <span className={display ? "md-math-display" : "md-math"}>
      <span ref={place} hidden={!done} />
      {done ? null : <code>{tex}</code>}
    </span>
  );
}
