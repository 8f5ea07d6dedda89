import { describe, expect, it } from "vitest";

import { sseParser, type SseEvent } from "./sse";

const wire = ': hello\n\nid: 0\nevent: RunStarted\ndata: {"a":1}\n\nid: 1\nevent: RunContent\ndata: {"content":"Grüße 🎈"}\n\n';
const expected: SseEvent[] = [
  { index: 0, name: "RunStarted", data: '{"a":1}' },
  { index: 1, name: "RunContent", data: '{"content":"Grüße 🎈"}' },
];

function parse(bytes: Uint8Array, cut: number): SseEvent[] {
  const parser = sseParser();
  const events: SseEvent[] = [];
  for (let at = 0; at < bytes.length; at += cut) events.push(...parser.push(bytes.slice(at, at + cut)));
  return events;
}

describe("server-sent events", () => {
  it.each([1, 2, 3, 5, 7, 1000])("are the same whether they come in pieces of %d bytes or whole", (cut) => {
    expect(parse(new TextEncoder().encode(wire), cut)).toEqual(expected);
  });

  it.each([1, 2, 3, 1000])("may end their lines with CR and LF, in pieces of %d bytes", (cut) => {
    expect(parse(new TextEncoder().encode(wire.replaceAll("\n", "\r\n")), cut)).toEqual(expected);
  });

  it("join several data lines and forget the id of the event before", () => {
    const text = "id: 4\ndata: one\ndata: two\n\ndata:three\n\n";
    expect(parse(new TextEncoder().encode(text), 1000)).toEqual([
      { index: 4, name: "message", data: "one\ntwo" },
      { index: null, name: "message", data: "three" },
    ]);
  });

  it("do not come from a comment, which is told apart, nor from a half that was cut off", () => {
    let comments = 0;
    const parser = sseParser(() => (comments += 1));
    expect(parser.push(new TextEncoder().encode(": keep-alive\n\nevent: RunContent\ndata: {}"))).toEqual([]);
    expect(comments).toBe(1);
  });
});
