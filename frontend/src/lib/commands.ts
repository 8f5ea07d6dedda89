import { useEffect, useRef, useState, type ReactNode } from "react";

import { createStore, useStore } from "./store";

/** Something that the app does at a word: in the palette, and in the menu that "/" opens in the message box. */
export interface Command {
  name: string;
  icon: ReactNode;
  keys?: string;
  /** Other words by which it is found. */
  words?: string;
  /** It does something with what is typed in the message box: it is offered in the middle of a text too. */
  ofText?: boolean;
  run: () => void;
}

/** What there is to do just now. Each time the list is asked for it is made anew, and may be loaded then. */
type Source = () => readonly Command[] | Promise<readonly Command[]>;

const sources = createStore<readonly Source[]>([]);

/** Offers commands while the component is mounted. Those of the newest component stand first: it is the nearest to what is looked at. */
export function useCommands(source: Source): void {
  const latest = useRef(source);
  useEffect(() => {
    latest.current = source;
  });
  useEffect(() => {
    const entry: Source = () => latest.current();
    sources.set((all) => [entry, ...all]);
    return () => sources.set((all) => all.filter((one) => one !== entry));
  }, []);
}

/** All that there is to do, as it was when the asking component appeared; null until it is gathered. */
export function useKnownCommands(): readonly Command[] | null {
  const all = useStore(sources);
  const [known, setKnown] = useState<readonly Command[] | null>(null);
  useEffect(() => {
    let wanted = true;
    // A part of the app that cannot be loaded offers nothing.
    void Promise.allSettled(all.map(async (source) => source())).then((lists) => {
      if (wanted) setKnown(lists.flatMap((list) => (list.status === "fulfilled" ? list.value : [])));
    });
    return () => {
      wanted = false;
    };
  }, [all]);
  return known;
}

/** Those in which every typed word begins a word. */
export function matching<T extends Pick<Command, "name" | "words">>(commands: readonly T[], query: string): T[] {
  const typed = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter((command) => {
    const words = `${command.name} ${command.words ?? ""}`.toLowerCase().split(/\s+/);
    return typed.every((part) => words.some((word) => word.startsWith(part)));
  });
}
