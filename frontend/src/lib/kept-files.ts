/**
 * Files that this browser keeps beside the text of a message that is not sent yet, in IndexedDB: localStorage holds no bytes. Without
 * storage (a private window, a full disk) they live as long as the page.
 */
interface Kept {
  /** Milliseconds since 1970. */
  at: number;
  files: readonly File[];
}

/** What nobody sent in so long is forgotten: the message that it belonged to may be gone. */
const LONGEST_MS = 30 * 24 * 3600_000;
const DATABASE = "reggie.v1.files";

/** The library, and its store; read when the first file is. */
const opened = once(async () => {
  const library = await import("idb-keyval");
  const store = library.createStore(DATABASE, "files");
  const old = (await library.entries<string, Kept>(store)).filter(([, kept]) => Date.now() - kept.at > LONGEST_MS);
  await library.delMany(
    old.map(([key]) => key),
    store,
  );
  return { library, store };
});

/** Keeps these files under a name in the place of those that were there; none: nothing is kept. */
export async function keepFiles(name: string, files: readonly File[]): Promise<void> {
  try {
    const { library, store } = await opened();
    await (files.length === 0 ? library.del(name, store) : library.set(name, { at: Date.now(), files } satisfies Kept, store));
  } catch {
    // No storage: the page itself still has them.
  }
}

export async function keptFiles(name: string): Promise<readonly File[]> {
  try {
    const { library, store } = await opened();
    return (await library.get<Kept>(name, store))?.files ?? [];
  } catch {
    return [];
  }
}

/** Removes all of them: the next person at this machine should not find them. */
export async function forgetFiles(): Promise<void> {
  try {
    const { library, store } = await opened();
    await library.clear(store);
  } catch {
    // Without the library nobody here holds the database open.
    if (typeof indexedDB !== "undefined") indexedDB.deleteDatabase(DATABASE);
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
