"""A model's server that repeats whatever it is told, in answers and in errors alike, as some do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.stub_script import DONE, STREAM_HEAD, rendered, rendered_calls, results_at_end, split_words, text_of

REFUSALS = (400, 401, 404, 429, 500)
"""`refuse 401 TEXT` is answered with that status and an error that quotes the message and the credential."""


def reply_to(messages: list[dict[str, object]], credential: str) -> tuple[int, bytes]:
    """The status, and a JSON body or, with 200, the raw streamed response."""
    said = next(text_of(message.get("content")) for message in reversed(messages) if message["role"] == "user")
    verb, _, rest = said.partition(" ")
    if verb == "refuse":
        status, _, text = rest.partition(" ")
        told = f"Incorrect API key provided: {credential}; cannot answer {text}"
        return int(status), json.dumps({"error": {"message": told, "type": text, "param": text, "code": text}}).encode()
    if verb == "calculate" and not results_at_end(messages):
        calls = (("calculator", json.dumps({"expression": rest})),)
        return 200, b"".join((STREAM_HEAD, *rendered_calls(calls, "stop", False, 1, "gossip"), DONE))
    if verb == "break":
        return 200, b"".join((STREAM_HEAD, *rendered(split_words(rest), rest, "", "gossip")))
    return 200, b"".join((STREAM_HEAD, *rendered(split_words(said), said, "stop", "gossip"), DONE))


@contextmanager
def gossip() -> Iterator[str]:
    """Its base address, for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = reply_to(request["messages"], self.headers.get("Authorization", ""))
            self.close_connection = True
            if status == 200:
                self.wfile.write(body)
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
