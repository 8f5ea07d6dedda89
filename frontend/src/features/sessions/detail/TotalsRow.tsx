import type { Run, SessionDetail } from "@/lib/api/types";
import { formatMoney, formatTokens } from "@/lib/format";

import { totalsOf } from "../logic/runs";

/** What the whole session came to. The database's part is counted from the runs that are loaded. */
export function TotalsRow({ session, runs, complete }: { session: SessionDetail; runs: readonly Run[] | undefined; complete: boolean }) {
  const totals = runs && totalsOf(runs);
  const database = totals ? `${totals.reads} / ${totals.writes}` : "…";
  const unpriced = complete && totals !== undefined && totals.runs > 0 && totals.cost === null;
  return (
    <dl className="grid grid-cols-2 gap-2 sm:grid-cols-4">
      <Figure name="Runs" value={String(session.runs)} />
      <Figure
        name="Tokens"
        value={formatTokens(session.total_tokens ?? 0)}
        note={totals && complete ? `${formatTokens(totals.input)} in, ${formatTokens(totals.cached)} of them cached, ${formatTokens(totals.output)} out` : undefined}
      />
      <Figure name="Cost" value={unpriced ? "–" : formatMoney(session.cost)} note={totals?.costIncomplete ? unpriced ? "no price is known for the model" : "without the runs whose model has no known price" : undefined} />
      <Figure name="Database reads / writes" value={database} note={totals && !complete ? `of the last ${totals.runs} runs` : undefined} />
    </dl>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: string | undefined }) {
  return (
    <div className="rounded-xl border border-line bg-raised p-3">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="mt-0.5 text-lg font-semibold tabular-nums">{value}</dd>
      {note && <dd className="text-xs text-muted">{note}</dd>}
    </div>
  );
}
