import { describe, expect, it } from "vitest";

import { startersFor } from "./starters";

describe("ways to begin", () => {
  it("are the agent's own first, four in all", () => {
    expect(startersFor(["One", "Two"])).toEqual(["One", "Two", "What can you help me with?", "Explain a difficult idea in simple words"]);
    expect(startersFor(["1", "2", "3", "4", "5"])).toEqual(["1", "2", "3", "4"]);
  });

  it("never say the same twice", () => {
    expect(startersFor(["what can you help me with", "Help me plan a journey", "Help me plan a journey!"])).toEqual([
      "what can you help me with",
      "Help me plan a journey",
      "Explain a difficult idea in simple words",
      "Summarise a text that I paste",
    ]);
  });
});
