import { pieces } from "../logic/highlight";

/** A text with the found places marked. */
export function Highlighted({ text, ranges }: { text: string; ranges: readonly (readonly number[])[] }) {
  return pieces(text, ranges).map((piece, index) =>
    piece.hit ? (
      <mark key={index} className="rounded-sm bg-accent-soft font-medium text-text underline decoration-accent decoration-2 underline-offset-2">
        {piece.text}
      </mark>
    ) : (
      piece.text
    ),
  );
}
