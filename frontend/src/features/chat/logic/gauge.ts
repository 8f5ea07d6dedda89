import type { Agent } from "@/lib/api/types";
import { formatMoney } from "@/lib/format";

import type { ThreadRun } from "../conversation/state";

export interface Gauge {
  /** Tokens that the next message will bring along at least, of so many that fit. */
  used: number;
  window: number;
  sentence: string;
}

/** English text has about so many characters a token. */
const CHARACTERS = 4;

/**
 * How full the model's window is after a run, and about what the next message costs. A run counts its tokens over all requests: one with
 * tools asks several times, and each time the words before come along again, so that its share of one request is taken.
 */
export function gaugeOf(run: Pick<ThreadRun, "answer"> | null, agent: Pick<Agent, "context_window" | "price"> | null, draft: string): Gauge | null {
  const { input_tokens: input, output_tokens: output } = run?.answer.metrics ?? {};
  const window = agent?.context_window;
  if (!run || input === undefined || output === undefined || !window) return null;
  const requests = run.answer.tools.length === 0 ? 1 : new Set(run.answer.tools.map((tool) => tool.at)).size + 1;
  const used = Math.round(input / requests) + output + Math.ceil(draft.length / CHARACTERS);
  const price = agent.price;
  const cost = price ? `; the next message about ${formatMoney((used * price.input + output * price.output) / 1_000_000)}` : "";
  const count = (tokens: number): string => tokens.toLocaleString("en-US");
  return { used, window, sentence: `${requests > 1 ? "About " : ""}${count(used)} of ${count(window)} tokens${cost}` };
}
