"""A server that speaks OpenAI's /v1/embeddings on a loopback port, with vectors made from a digest of each text."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSIONS = 32


def vector_of(text: str) -> list[float]:
    """32 numbers that depend on the text alone; their length is far from 1."""
    return [float(byte + 1) for byte in hashlib.sha256(text.encode()).digest()]


class EmbeddingServer:
    """What was asked, and what is answered instead of vectors: `failures` are taken one by one as (status, headers, body)."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.failures: list[tuple[int, dict[str, str], bytes]] = []
        self.shuffled = False

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        self.requests.append(request)
        if self.failures:
            return self.failures.pop(0)
        rows = [{"object": "embedding", "index": index, "embedding": vector_of(text)} for index, text in enumerate(request["input"])]
        body = {"object": "list", "model": request["model"], "data": rows[::-1] if self.shuffled else rows}
        return 200, {}, json.dumps(body).encode()


@contextmanager
def embedding() -> Iterator[EmbeddingServer]:
    """An EmbeddingServer that listens, for the length of the block."""
    state = EmbeddingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            state.authorizations.append(self.headers.get("Authorization"))
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, body = state.answer(request) if self.path == "/v1/embeddings" else (404, {}, b"{}")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
