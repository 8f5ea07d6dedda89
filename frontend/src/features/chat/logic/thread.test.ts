import { describe, expect, it } from "vitest";

import { parentAtEnd, visibleBranch, type Node } from "./thread";

function run(id: string, parent: string | null): Node {
  return { key: id, id, parent };
}

function shown(runs: Node[], choices: Record<string, string> = {}): string[] {
  return visibleBranch(runs, choices).map((place) => (place.siblings.length > 1 ? `${place.run.key} ${place.position + 1}/${place.siblings.length}` : place.run.key));
}

const line = [run("a", null), run("b", "a"), run("c", "b")];

describe("the visible branch", () => {
  it("is the whole session when nothing was edited", () => {
    expect(shown(line)).toEqual(["a", "b", "c"]);
    expect(shown([])).toEqual([]);
  });

  it("goes to the newest run, with its siblings beside it", () => {
    expect(shown([...line, run("b2", "a")])).toEqual(["a", "b2 2/2"]);
    expect(shown([...line, run("b2", "a"), run("d", "c")])).toEqual(["a", "b 1/2", "c", "d"]);
  });

  it("keeps to what was chosen, and to the newest below it", () => {
    expect(shown([...line, run("b2", "a"), run("c2", "b")], { a: "b2" })).toEqual(["a", "b2 2/2"]);
    expect(shown([...line, run("c2", "b"), run("d", "c"), run("b2", "a")], { a: "b" })).toEqual(["a", "b 1/2", "c 1/2", "d"]);
  });

  it("knows an edited first message", () => {
    expect(shown([...line, run("a2", null)])).toEqual(["a2 2/2"]);
    expect(shown([...line, run("a2", null)], { root: "a" })).toEqual(["a 1/2", "b", "c"]);
  });

  it("begins with the oldest run that is here when older ones are not", () => {
    expect(shown([run("m", "not here"), run("n", "m"), run("n2", "m")])).toEqual(["m", "n2 2/2"]);
  });

  it("ends, whatever the parents say", () => {
    expect(shown([run("a", "b"), run("b", "a")]).length).toBeLessThanOrEqual(2);
    expect(shown([run("a", "a")])).toEqual(["a"]);
  });
});

it("a message is sent after the last run of the branch that the server knows", () => {
  const local: Node = { key: "local", id: null, parent: "c" };
  const runs = [...line, local];
  expect(parentAtEnd(visibleBranch(runs, {}), runs)).toBe("c");
  expect(parentAtEnd([], [])).toBeNull();
});
