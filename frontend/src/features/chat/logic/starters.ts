/** An agent may have none of its own: these fit any. */
const FOR_ANY = ["What can you help me with?", "Explain a difficult idea in simple words", "Help me plan my week", "Summarise a text that I paste"];
const SHOWN = 4;

/** Ways to begin a chat: the agent's own, and others as far as there is room; none that says the same. */
export function startersFor(own: readonly string[]): string[] {
  const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const subject = (text: string): string => bare(text).split(" ").slice(0, 3).join(" ");
  const said = new Map<string, string>();
  for (const text of own) if (!said.has(bare(text))) said.set(bare(text), text);
  const begun = new Set([...said.keys()].map(subject));
  return [...said.values(), ...FOR_ANY.filter((text) => !said.has(bare(text)) && !begun.has(subject(text)))].slice(0, SHOWN);
}
