"""A scripted, fast stand-in for an OpenAI-compatible model server, for tests and benchmarks.

    python -m local.stub_model --port 9900 --tokens 40 --delay-ms 0

What it answers depends on the last user message:

    say: TEXT                 TEXT
    think: WHY -> TEXT        WHY as reasoning_content, then TEXT
    call NAME ARGS; NAME ARGS calls these tools, then answers with their results. ARGS is a JSON object, or the first parameter's text
    loop NAME ARGS            calls the tool for ever, whatever `tool_choice` says
    history                   how many user messages came before, and what they said
    fault WORDS               a Fault, as Fault.parse reads it
    anything else             `tokens` words

`POST /v1/chat/completions` (streamed or whole), `POST /v1/embeddings` (deterministic), `GET /v1/models`, `GET /_journal`.
Wire format: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import orjson

from local.stub_script import DONE, STREAM_HEAD, Answer, Fault, Script, answer_to, embedding, framed, rendered, rendered_calls, usage_of


class Connection(asyncio.Protocol):
    """One HTTP/1.1 keep-alive connection, read by hand: a framework would cost more than the answer."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.buffer = bytearray()
        self.busy = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.script.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self.busy:
            self.ended()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.next_request()

    def next_request(self) -> None:
        end = self.buffer.find(b"\r\n\r\n")
        if self.busy or end < 0:
            return
        head = bytes(self.buffer[:end])
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)}
        size = int(headers.get("content-length") or 0)
        if len(self.buffer) < end + 4 + size:
            return
        body = bytes(self.buffer[end + 4 : end + 4 + size])
        del self.buffer[: end + 4 + size]
        method, path, _ = line.split(" ")
        self.handle(method, path.removeprefix("/v1"), headers, body)

    def handle(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        script = self.script
        if method == "GET":
            journal = {"count": script.requests, "open_streams": script.open_streams, "requests": list(script.journal)}
            self.reply(200, journal if path == "/_journal" else {"object": "list", "data": [{"id": "stub", "object": "model"}]})
            return
        body = orjson.loads(raw)
        script.requests += 1
        script.journal.append({"path": path, "headers": headers, "body": body})
        if path == "/embeddings":
            self.embed(body)
        elif path == "/chat/completions":
            self.chat(body, len(raw))
        else:
            self.reply(404, {"error": {"message": f"no such path: {path}", "type": "invalid_request_error"}})

    def embed(self, body: dict[str, Any]) -> None:
        given = body.get("input")
        texts = [given] if isinstance(given, str) else list(given or [])
        vectors = [embedding(text, int(body.get("dimensions") or 384)) for text in texts]
        data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
        usage = {"prompt_tokens": sum(map(len, texts)) // 4, "total_tokens": sum(map(len, texts)) // 4}
        self.reply(200, {"object": "list", "model": body.get("model"), "data": data, "usage": usage})

    def chat(self, body: dict[str, Any], size: int) -> None:
        answer = answer_to(body, self.script)
        fault = answer.fault
        if fault.status:
            extra = f"retry-after: {fault.retry_after}\r\n" if fault.retry_after else ""
            self.reply(fault.status, {"error": {"message": f"scripted fault {fault.status}", "code": "scripted"}}, extra)
        elif fault.hang_before:
            self.started()
        elif not body.get("stream"):
            self.reply(200, self.whole(body, answer, size))
        else:
            self.stream(body, answer, size)

    def whole(self, body: dict[str, Any], answer: Answer, size: int) -> dict[str, Any]:
        calls = [
            {"id": f"call_{self.script.requests}_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(answer.calls)
        ]
        message: dict[str, Any] = {"role": "assistant", "content": "".join(answer.pieces) or None}
        if calls:
            message["tool_calls"] = calls
        finish = "tool_calls" if calls else answer.fault.finish or None
        return {
            "id": "chatcmpl-stub",
            "object": "chat.completion",
            "created": 1700000000,
            "model": body.get("model"),
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
            "usage": usage_of(answer, size),
        }

    def stream(self, body: dict[str, Any], answer: Answer, size: int) -> None:
        model, fault = str(body.get("model")), answer.fault
        if answer.calls:
            frames = rendered_calls(answer.calls, fault.finish, fault.duplicate_ids, self.script.requests, model)
        else:
            frames = rendered(answer.pieces, answer.reasoning, fault.finish, model)
        if fault.broken_at is not None:
            broken = b'data: {"choices":[{"index":0,"del\n\n'
            frames = (*frames[: fault.broken_at], b"%x\r\n%s\r\n" % (len(broken), broken), *frames[fault.broken_at :])
        tail = DONE
        if fault.usage != "none" and (body.get("stream_options") or {}).get("include_usage"):
            event = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 1700000000, "model": model, "choices": []}
            tail = framed({**event, "usage": usage_of(answer, size)}) + DONE
        last = fault.cut_after if fault.cut_after is not None else fault.hang_after
        if last is not None:
            frames, tail = frames[:last], b""
        self.started()
        if self.script.delay or self.script.first_delay:
            asyncio.get_running_loop().call_later(self.script.first_delay, self.slowly, frames, 0, tail, fault)
        else:
            self.transport.write(b"".join((STREAM_HEAD, *frames, tail)))
            self.end_stream(fault)

    def slowly(self, frames: tuple[bytes, ...], at: int, tail: bytes, fault: Fault) -> None:
        if self.transport.is_closing():
            return
        head = STREAM_HEAD if at == 0 else b""
        if at < len(frames):
            self.transport.write(head + frames[at])
            asyncio.get_running_loop().call_later(self.script.delay, self.slowly, frames, at + 1, tail, fault)
        else:
            self.transport.write(head + tail)
            self.end_stream(fault)

    def end_stream(self, fault: Fault) -> None:
        if fault.hang_after is not None:
            return
        if fault.cut_after is not None:
            self.transport.close()
            return
        self.ended()
        self.next_request()

    def started(self) -> None:
        self.busy = True
        self.script.open_streams += 1

    def ended(self) -> None:
        self.busy = False
        self.script.open_streams -= 1

    def reply(self, status: int, value: Any, extra: str = "") -> None:
        body = orjson.dumps(value)
        head = f"HTTP/1.1 {status} Stub\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
        self.transport.write(head.encode() + body)
        self.next_request()


class StubModel:
    """The server as its own process's tests see it."""

    def __init__(self, script: Script, port: int) -> None:
        self.script = script
        self.base_url = f"http://127.0.0.1:{port}/v1"

    @property
    def journal(self) -> list[dict[str, Any]]:
        """The bodies of the last 1,000 requests, oldest first."""
        return [entry["body"] for entry in self.script.journal]

    @property
    def requests(self) -> int:
        return self.script.requests

    @property
    def open_streams(self) -> int:
        """Answers that have begun and not ended, with their connection still open."""
        return self.script.open_streams

    def fail_next(self, *faults: Fault | str) -> None:
        """Give the next requests these faults, one each; a string is read by Fault.parse."""
        self.script.faults.extend(fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults)


@contextmanager
def stub_model(script: Script | None = None) -> Iterator[StubModel]:
    """Serve on a free port from a thread of this process until the block ends."""
    chosen = script or Script()
    loop = asyncio.new_event_loop()
    connections: list[Connection] = []

    def connection() -> Connection:
        connections.append(Connection(chosen))
        return connections[-1]

    server = loop.run_until_complete(loop.create_server(connection, "127.0.0.1", 0, backlog=1024))
    thread = threading.Thread(target=loop.run_forever, name="stub-model", daemon=True)
    thread.start()
    try:
        yield StubModel(chosen, server.sockets[0].getsockname()[1])
    finally:

        async def close() -> None:
            server.close()
            for each in connections:
                each.transport.abort()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def serve(script: Script, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(script), "127.0.0.1", port, backlog=1024)
    print(f"stub model on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until interrupted; port 0 picks a free one and prints it."""
    parser = argparse.ArgumentParser(description="A scripted OpenAI-compatible model server for tests and benchmarks")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=40, help="words in the plain answer")
    parser.add_argument("--delay-ms", type=float, default=0, help="between two tokens")
    parser.add_argument("--first-delay-ms", type=float, default=0, help="before the first token")
    given = parser.parse_args()
    script = Script(tokens=given.tokens, delay=given.delay_ms / 1000, first_delay=given.first_delay_ms / 1000)
    asyncio.run(serve(script, given.port))


if __name__ == "__main__":
    main()
