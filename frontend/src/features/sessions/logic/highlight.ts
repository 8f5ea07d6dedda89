/** A text cut at the places that a search found. */

export interface Piece {
  text: string;
  hit: boolean;
}

/** The text in pieces. Ranges are [from, to) in UTF-16 units, in any order; they are clipped to the text, joined where they touch, and
 * widened where they would cut a character in two. */
export function pieces(text: string, ranges: readonly (readonly number[])[]): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const [from, to] of joined(text, ranges)) {
    if (from > end) found.push({ text: text.slice(end, from), hit: false });
    found.push({ text: text.slice(from, to), hit: true });
    end = to;
  }
  if (end < text.length || found.length === 0) found.push({ text: text.slice(end), hit: false });
  return found;
}

function joined(text: string, ranges: readonly (readonly number[])[]): [number, number][] {
  const sound = ranges
    .map(([from, to]): [number, number] => [start(text, from ?? 0), stop(text, to ?? 0)])
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const range of sound) {
    const last = result.at(-1);
    if (last && range[0] <= last[1]) last[1] = Math.max(last[1], range[1]);
    else result.push(range);
  }
  return result;
}

function start(text: string, index: number): number {
  const at = Math.min(Math.max(Math.trunc(index), 0), text.length);
  return splits(text, at) ? at - 1 : at;
}

function stop(text: string, index: number): number {
  const at = Math.min(Math.max(Math.trunc(index), 0), text.length);
  return splits(text, at) ? at + 1 : at;
}

/** Whether a cut before `at` falls between the two halves of one character. */
function splits(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const behind = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && behind >= 0xdc00 && behind <= 0xdfff;
}
