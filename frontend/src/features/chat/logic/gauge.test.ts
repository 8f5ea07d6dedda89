import { describe, expect, it } from "vitest";

import { NO_ANSWER } from "./answer";
import { gaugeOf } from "./gauge";

const run = (input: number, output: number) => ({ answer: { ...NO_ANSWER, metrics: { input_tokens: input, output_tokens: output } } });
const mini = { context_window: 1_047_576, price: { input: 0.4, cached: 0.1, output: 1.6 } };

describe("the context gauge", () => {
  it("tells how full the window is and what the next message costs", () => {
    expect(gaugeOf(run(12_300, 100), mini, "")).toEqual({ used: 12_400, window: 1_047_576, sentence: "12,400 of 1,047,576 tokens; the next message about $0.0051" });
  });

  it("counts what is typed, and leaves out a price that is not known", () => {
    expect(gaugeOf(run(10, 2), { context_window: 1000 }, "eight ch")?.sentence).toBe("14 of 1,000 tokens");
  });

  it("takes one request's share of a run with tools", () => {
    const used = run(200, 10);
    const tool = { id: "a", name: "calculator", args: {}, result: "2", failed: false, duration: 1, at: 0 };
    expect(gaugeOf({ answer: { ...used.answer, tools: [tool] } }, mini, "")).toMatchObject({ used: 110 });
  });

  it("says nothing where something is not known", () => {
    expect(gaugeOf(null, mini, "")).toBeNull();
    expect(gaugeOf(run(1, 1), { price: null }, "")).toBeNull();
    expect(gaugeOf({ answer: NO_ANSWER }, mini, "")).toBeNull();
  });
});
