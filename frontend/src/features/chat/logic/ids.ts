const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** `prefix_` and 26 characters: 128 random bits in lower-case base32, as the API makes its own ids. */
export function newId(prefix: string): string {
  const raw = crypto.getRandomValues(new Uint8Array(16));
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of raw) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31] ?? "";
    }
    held &= (1 << bits) - 1;
  }
  return `${prefix}_${text}${ALPHABET[(held << (5 - bits)) & 31] ?? ""}`;
}
