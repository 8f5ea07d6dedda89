/** A text as a quotation in Markdown, with room behind it for what is said of it. */
export function quotation(text: string): string {
  return `${text.replace(/^/gm, "> ")}\n\n`;
}
