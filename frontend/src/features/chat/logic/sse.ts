/** Server-sent events as they come over fetch: https://html.spec.whatwg.org/multipage/server-sent-events.html. */

export interface SseEvent {
  /** The `id:` of the event as a whole number; null when it has none or another kind of id. */
  index: number | null;
  name: string;
  data: string;
}

export interface SseParser {
  /** Takes the next bytes, cut anywhere; answers the events that they complete. */
  push: (bytes: Uint8Array) => SseEvent[];
}

/** A comment line is no event, but a sign of life: `onComment` hears of it. */
export function sseParser(onComment: () => void = () => undefined): SseParser {
  const decoder = new TextDecoder();
  let rest = "";
  let skipLineFeed = false;
  let name = "";
  let data: string[] = [];
  let index: number | null = null;

  const line = (text: string): SseEvent | null => {
    if (text === "") {
      const event = data.length > 0 ? { index, name: name || "message", data: data.join("\n") } : null;
      name = "";
      data = [];
      index = null;
      return event;
    }
    if (text.startsWith(":")) {
      onComment();
      return null;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
    else if (field === "id") index = /^\d{1,15}$/.test(value) ? Number(value) : null;
    return null;
  };

  return {
    push: (bytes) => {
      let text = decoder.decode(bytes, { stream: true });
      // The line feed of a CRLF whose halves came in two pieces.
      if (text === "") return [];
      if (skipLineFeed && text.startsWith("\n")) text = text.slice(1);
      skipLineFeed = text.endsWith("\r");
      const lines = (rest + text).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? "";
      return lines.map(line).filter((event) => event !== null);
    },
  };
}
