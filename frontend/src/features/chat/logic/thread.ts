/**
 * The runs of a session are a tree: each names the run after which its message stands. What is shown is one branch of it; where runs
 * have one parent (an edited message, a regenerated answer) the reader may choose among these siblings.
 */

/** What the tree needs to know of a run, oldest first in a list. */
export interface Node {
  /** What the page calls the run: its id, or a key of its own until the server has named it. */
  key: string;
  id: string | null;
  /** The id of the run before; null: it begins the session. */
  parent: string | null;
}

export interface Place<T extends Node> {
  run: T;
  /** All runs in this place, oldest first; one when there is no choice. */
  siblings: readonly T[];
  position: number;
}

/** By parent, the run that was chosen there. */
export type Choices = Readonly<Record<string, string>>;

export const ROOT = "root";

export function placeOf(node: Node): string {
  return node.parent ?? ROOT;
}

/** The branch to show. Without a choice it is the one with the newest run. Runs may be missing before the first: older pages. */
export function visibleBranch<T extends Node>(runs: readonly T[], choices: Choices): Place<T>[] {
  const newest = runs.at(-1);
  if (!newest) return [];
  const known = new Map(runs.flatMap((run) => (run.id === null ? [] : [[run.id, run] as const])));
  const children = new Map<string, T[]>();
  for (const run of runs) {
    const there = children.get(placeOf(run));
    if (there) there.push(run);
    else children.set(placeOf(run), [run]);
  }

  const latest = lineage(newest, known);
  const onLatest = new Set(latest);
  const shown = new Set<T>();
  const branch: Place<T>[] = [];
  let place: string | null = placeOf(latest[0] ?? newest);
  while (place !== null) {
    const siblings: T[] = children.get(place) ?? [];
    const chosen: string | undefined = choices[place];
    const run: T | undefined =
      siblings.find((one) => one.id === chosen || one.key === chosen) ?? siblings.find((one) => onLatest.has(one)) ?? newestOf(siblings, runs, known);
    if (!run || shown.has(run)) break;
    shown.add(run);
    branch.push({ run, siblings, position: siblings.indexOf(run) });
    place = run.id;
  }
  return branch;
}

/** A run's ancestors, as far as they are here, and the run itself; the oldest first. */
function lineage<T extends Node>(run: T, known: ReadonlyMap<string, T>): T[] {
  const line = new Set([run]);
  let before = run.parent === null ? undefined : known.get(run.parent);
  while (before && !line.has(before)) {
    line.add(before);
    before = before.parent === null ? undefined : known.get(before.parent);
  }
  return [...line].reverse();
}

/** Of siblings the one whose descendants hold the newest run. */
function newestOf<T extends Node>(siblings: readonly T[], runs: readonly T[], known: ReadonlyMap<string, T>): T | undefined {
  if (siblings.length < 2) return siblings[0];
  for (const run of [...runs].reverse()) {
    const found = siblings.find((one) => lineage(run, known).includes(one));
    if (found) return found;
  }
  return siblings.at(-1);
}

/** The id to send as `parent_run_id` for a message at the end of the branch; absent for the first message of all. */
export function parentAtEnd(branch: readonly Place<Node>[], runs: readonly Node[]): string | null {
  const last = branch.findLast((place) => place.run.id !== null)?.run.id;
  return last ?? (runs.some((run) => run.id !== null) ? ROOT : null);
}
