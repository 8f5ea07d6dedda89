import { useEffect, useLayoutEffect, useState, type KeyboardEvent } from "react";

import { Kbd, ListOption } from "@/components/ui";
import { useKnownCommands } from "@/lib/commands";
import { useStore } from "@/lib/store";

import { useChat } from "../components/chat-context";
import { prompts as savedPrompts } from "../logic/prompts";
import type { Trigger } from "../logic/trigger";
import { groupsFor, type Item } from "./items";

/** Does what a key means; whether it means anything. */
export type TakeKey = (event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">) => boolean;

export interface SuggestionsProps {
  /** The list's id; its options' begin with it. */
  id: string;
  trigger: Trigger;
  /** Tells the box what its keys do while this is open, as soon as it is known what there is to choose from. */
  onKeys: (take: TakeKey | null) => void;
  /** The active option's id, for the box; null: nothing fits, and nothing is shown. */
  onActive: (option: string | null) => void;
  onChoose: (item: Item) => void;
  onDismiss: () => void;
}

/** What "/" and "@" offer, above the box, which keeps the focus. */
export default function Suggestions({ id, trigger, onKeys, onActive, onChoose, onDismiss }: SuggestionsProps) {
  const { agents, pick } = useChat();
  const commands = useKnownCommands();
  const prompts = useStore(savedPrompts);
  const [active, setActive] = useState({ query: "", index: 0 });
  const groups = groupsFor(trigger, { commands: commands ?? [], prompts, agents, pick: (agent) => pick(agent.id) });
  const items = groups.flatMap((group) => group.items);
  const index = active.query === trigger.query ? Math.min(active.index, items.length - 1) : 0;
  const option = items.length === 0 ? null : `${id}-${index}`;
  const move = (to: number): void => setActive({ query: trigger.query, index: (to + items.length) % items.length });

  useLayoutEffect(() => {
    if (commands === null) return;
    onKeys((event) => {
      if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
      const item = items[index];
      if (!item) return false;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") move(index + (event.key === "ArrowDown" ? 1 : -1));
      else if (event.key === "Enter" || event.key === "Tab") onChoose(item);
      else if (event.key === "Escape") onDismiss();
      else return false;
      return true;
    });
    return () => onKeys(null);
  });
  useEffect(() => onActive(option), [onActive, option]);
  useEffect(() => () => onActive(null), [onActive]);

  if (items.length === 0) return null;
  return (
    // The box must not lose the focus to a click.
    <div role="presentation" onPointerDown={(event) => event.preventDefault()} onMouseDown={(event) => event.preventDefault()} className="absolute inset-x-4 bottom-full z-30 mb-2 max-h-[min(22rem,45dvh)] overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-lg">
      <div role="listbox" id={id} aria-label={trigger.sign === "@" ? "Agents" : "Prompts and commands"}>
        {groups.map((group) => (
          <div key={group.name} role="group" aria-label={group.name}>
            <p aria-hidden className="px-3 pt-2 pb-1 text-xs font-medium text-muted">
              {group.name}
            </p>
            {group.items.map((item) => {
              const at = items.indexOf(item);
              return (
                <ListOption key={item.id} id={`${id}-${at}`} active={at === index} onActivate={() => at !== index && move(at)} onChoose={() => onChoose(item)} className="min-h-9 items-center [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted">
                  {item.icon}
                  <span className="max-w-[70%] shrink-0 truncate">{item.name}</span>
                  <span className="min-w-0 flex-1 truncate text-muted">{item.note}</span>
                  {item.keys !== undefined && (
                    <span aria-hidden className="pointer-coarse:hidden">
                      <Kbd keys={item.keys} />
                    </span>
                  )}
                </ListOption>
              );
            })}
          </div>
        ))}
      </div>
      <p role="status" className="sr-only">
        {items.length === 1 ? "1 suggestion" : `${items.length} suggestions`}
      </p>
    </div>
  );
}
