/**
 * What a screen reader is told of a growing answer: whole sentences, not words. `said` is how much of the text was told already.
 * Answers the next piece to tell and how much is told with it; an empty piece while no sentence is complete.
 */
export function nextAnnouncement(text: string, said: number, ended: boolean): { piece: string; said: number } {
  if (ended) return { piece: plain(text.slice(said)), said: text.length };
  const rest = text.slice(said);
  const ends = [...rest.matchAll(/[.!?…。！？]["')\]]*\s|\n\n/g)];
  const last = ends.at(-1);
  if (!last) return { piece: "", said };
  const to = said + last.index + last[0].length;
  // A fence that is open would be told in halves.
  if ((text.slice(0, to).match(/^```/gm)?.length ?? 0) % 2 === 1) return { piece: "", said };
  return { piece: plain(text.slice(said, to)), said: to };
}

function plain(text: string): string {
  return text
    .replace(/```[\s\S]*?```/g, " (code) ")
    .replace(/[*_`#>|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
