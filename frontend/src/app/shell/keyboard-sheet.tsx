import { Dialog, Kbd } from "@/components/ui";
import { useHotkeys } from "@/lib/hotkeys";
import { hotkeysOn } from "@/lib/settings";
import { createStore, useStore } from "@/lib/store";

export const keyboardSheet = createStore(false);

/** All keys that work on the page that is open. */
export function KeyboardSheet() {
  const open = useStore(keyboardSheet);
  const on = useStore(hotkeysOn);
  const keys = useHotkeys();
  const groups = [...new Set(keys.map((one) => one.group))];
  return (
    <Dialog
      open={open}
      title="Keyboard shortcuts"
      description={on ? undefined : "They are turned off in the settings."}
      onClose={() => keyboardSheet.set(false)}
    >
      <div className="grid gap-6">
        {groups.map((group) => (
          <section key={group}>
            <h3 className="mb-1 text-xs font-medium text-muted">{group}</h3>
            <dl>
              {keys
                .filter((one) => one.group === group)
                .map((one) => (
                  <div key={one.keys} className="flex min-h-9 items-center justify-between gap-4 border-b border-line text-sm last:border-0">
                    <dt>{one.description}</dt>
                    <dd>
                      <Kbd keys={one.keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
