import { expect, it } from "vitest";

import { NO_ANSWER } from "../logic/answer";
import { facts } from "./details";

it("an answer's details are told as far as they are known", () => {
  const metrics = { input_tokens: 1200, output_tokens: 100, cache_read_tokens: 800, cost: 0.0042, time_to_first_token: 0.5, duration: 2.5 };
  expect(facts({ answer: { ...NO_ANSWER, model: "gpt", metrics }, version: 3 }, "Helper")).toEqual([
    ["Agent", "Helper, version 3"],
    ["Model", "gpt"],
    ["Tokens in", "1.2k (800 cached)"],
    ["Tokens out", "100"],
    ["Cost", "$0.0042"],
    ["First word", "500 ms"],
    ["Total", "2.5 s"],
    ["Speed", "50 tokens/s"],
  ]);
  expect(facts({ answer: NO_ANSWER, version: null }, undefined)).toEqual([]);
});
