import { RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";

import { Button, Dialog, IconButton, Kbd } from "@/components/ui";
import { choose, keysOf, refusal } from "@/lib/choose-keys";
import { chosenKeys, keyNames, useChosen, useHotkeys, type Hotkey } from "@/lib/hotkeys";
import { hotkeysOn } from "@/lib/settings";
import { useStore } from "@/lib/store";

/** Each shortcut with its keys, which can be chosen anew. */
export default function KeyboardTable({ onClose }: { onClose: () => void }) {
  const on = useStore(hotkeysOn);
  const keys = useHotkeys();
  const changed = Object.keys(useStore(chosenKeys)).length > 0;
  const [changing, setChanging] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const groups = [...new Set(keys.map((one) => one.group))];
  const change = (id: string | null): void => {
    setProblem(null);
    setChanging(id);
  };
  const pressed = (id: string, pressedKeys: string): void => {
    const reason = refusal(id, pressedKeys, keys);
    setProblem(reason);
    if (reason !== null) return;
    choose(id, pressedKeys);
    setChanging(null);
  };
  return (
    <Dialog
      open
      title="Keyboard shortcuts"
      description={on ? "Select a shortcut’s keys to choose others. They are kept in this browser." : "They are turned off in the settings."}
      onClose={onClose}
      footer={
        changed && (
          <Button size="sm" icon={<RotateCcw aria-hidden />} onClick={() => chosenKeys.set({})}>
            Reset all
          </Button>
        )
      }
    >
      <div className="grid gap-6">
        {groups.map((group) => (
          <section key={group}>
            <h3 className="mb-1 text-xs font-medium text-muted">{group}</h3>
            <ul>
              {keys
                .filter((one) => one.group === group)
                .map((one) => (
                  <Row key={one.keys} hotkey={one} changing={changing === one.keys} problem={changing === one.keys ? problem : null} onChange={change} onPressed={pressed} />
                ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

interface RowProps {
  hotkey: Hotkey;
  changing: boolean;
  problem: string | null;
  onChange: (id: string | null) => void;
  onPressed: (id: string, keys: string) => void;
}

function Row({ hotkey, changing, problem, onChange, onPressed }: RowProps) {
  const { keys: id, description } = hotkey;
  const keys = useChosen(id);
  return (
    <li className="border-b border-line py-1 text-sm last:border-0">
      <div className="flex min-h-9 items-center gap-2">
        <span className="min-w-0 flex-1">{description}</span>
        <span className="flex items-center gap-1">
          {keys !== id && !changing && (
            <IconButton label={`Reset: ${description}`} size="sm" onClick={() => choose(id, null)}>
              <RotateCcw aria-hidden />
            </IconButton>
          )}
          <button
            type="button"
            className="min-h-8 rounded-lg px-2 hover:bg-line/50 pointer-coarse:min-h-11"
            onClick={() => onChange(changing ? null : id)}
            onBlur={() => changing && onChange(null)}
          >
            <span className="sr-only">{changing ? `Press the keys for: ${description}` : `${keyNames(keys).join(" ")}. Change: ${description}`}</span>
            <span aria-hidden>{changing ? <span className="text-accent">Press keys…</span> : <Kbd keys={keys} />}</span>
          </button>
          {changing && <Listener onPressed={(found) => onPressed(id, found)} onCancel={() => onChange(null)} />}
        </span>
      </div>
      {problem !== null && (
        <p role="alert" className="pb-1 text-xs text-danger">
          {problem}
        </p>
      )}
    </li>
  );
}

/** Hears the next keys before anything else on the page does; Escape ends it, and Tab goes on as always. */
function Listener({ onPressed, onCancel }: { onPressed: (keys: string) => void; onCancel: () => void }) {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Tab") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const found = keysOf(event);
      if (event.key === "Escape") onCancel();
      else if (found !== null) onPressed(found);
    };
    addEventListener("keydown", key, true);
    return () => removeEventListener("keydown", key, true);
  });
  return null;
}
