import { createStore, type Store } from "./store";

const PREFIX = "reggie.v1.";

const known = new Map<string, Store<unknown>>();

/**
 * A setting that this browser keeps, in localStorage under `reggie.v1.<key>` as JSON, the same in every tab.
 * Without storage (a private window, a full disk) it lives as long as the page. `fits` may refuse what it reads.
 */
export function stored<T>(key: string, fallback: T, fits: (value: unknown) => boolean = () => true): Store<T> {
  const had = known.get(key);
  if (had) return had as Store<T>;
  const memory = createStore<T>(read(key, fallback, fits));
  addEventListener("storage", (event) => {
    if (event.key === PREFIX + key || event.key === null) memory.set(() => read(key, fallback, fits));
  });
  const store: Store<T> = {
    get: memory.get,
    subscribe: memory.subscribe,
    set: (next) => {
      memory.set(next);
      write(key, memory.get());
    },
  };
  known.set(key, store as Store<unknown>);
  return store;
}

/** What this browser keeps for the app, removed, but for the keys in `keep`: settings, drafts, widths. */
export function forgetStored(keep: readonly string[] = []): void {
  const kept = new Set(keep.map((key) => PREFIX + key));
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX) && !kept.has(key)) localStorage.removeItem(key);
  } catch {
    // No storage: there is nothing to forget.
  }
}

function read<T>(key: string, fallback: T, fits: (value: unknown) => boolean): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    if (text === null) return fallback;
    const value: unknown = JSON.parse(text);
    return fits(value) ? (value as T) : fallback;
  } catch {
    return fallback;
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === undefined || value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the value still holds for this page.
  }
}
