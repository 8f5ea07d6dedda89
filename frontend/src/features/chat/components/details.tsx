import { formatDuration, formatMoney, formatTokens } from "@/lib/format";

import type { ThreadRun } from "../conversation/state";
import { useChat } from "./chat-context";

/** What an answer took: model, tokens, cost and times. */
export function Details({ run }: { run: ThreadRun }) {
  const { agents } = useChat();
  return (
    <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted tabular-nums">
      {facts(run, agents.find((agent) => agent.id === run.agentId)?.name).map(([name, value]) => (
        <div key={name} className="flex gap-1">
          <dt>{name}</dt>
          <dd className="text-text">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function facts(run: Pick<ThreadRun, "answer" | "version">, agent: string | undefined): [string, string][] {
  const { metrics, model } = run.answer;
  const made: [string, string | null][] = [
    ["Agent", agent === undefined ? null : run.version === null ? agent : `${agent}, version ${run.version}`],
    ["Model", model],
  ];
  if (metrics) {
    const { input_tokens: input, output_tokens: output, cost, duration, time_to_first_token: firstWord } = metrics;
    const cached = metrics.cache_read_tokens ?? metrics.cached_tokens ?? 0;
    const writing = duration !== undefined && firstWord !== undefined ? duration - firstWord : 0;
    made.push(
      ["Tokens in", input === undefined ? null : formatTokens(input) + (cached > 0 ? ` (${formatTokens(cached)} cached)` : "")],
      ["Tokens out", output === undefined ? null : formatTokens(output)],
      ["Cost", cost === undefined ? null : formatMoney(cost)],
      ["First word", firstWord === undefined ? null : formatDuration(firstWord)],
      ["Total", duration === undefined ? null : formatDuration(duration)],
      // Below a twentieth of a second the division says more of the clock than of the model.
      ["Speed", output === undefined || writing < 0.05 ? null : `${formatTokens(output / writing)} tokens/s`],
    );
  }
  return made.filter((fact): fact is [string, string] => fact[1] !== null);
}
