"""The HTTP half: requests in, replies and streams out, on the standard library's threading server."""

from __future__ import annotations

import base64
import select
import socket
import struct
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson

from local import model_files
from local.model_server.answers import Answerer, Ending
from local.model_server.log import log
from local.model_server.models import Models
from local.model_server.replies import StreamReply, WholeReply, error_body, model_list
from local.model_server.requests import ChatRequest, read_chat, read_embeddings
from local.model_server.turns import Left, Turns
from shared.kit.errors import Invalid, NotAllowed, NotFound, ReggieError, TooLarge, Unsupported

MOST_BODY_BYTES = 8 * 1024 * 1024
MOST_WAITING = 8
"""Each waits about 10 s for the one before; more than a minute and a half nobody waits."""


class ModelServer(ThreadingHTTPServer):
    """Listens as soon as it exists; `serve_forever` answers. `address` is the base URL for OpenAI's client."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, models: Models, most_waiting: int = MOST_WAITING) -> None:
        super().__init__((host, port), _Handler)
        self.models = models
        self.turns = Turns(most_waiting)

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "reggie-model-server"
    sys_version = ""
    timeout = 60.0
    """Seconds a connection may be idle, and a read or write may take."""
    server: ModelServer

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # The standard library's signature.
        """Nothing: what is worth a record is recorded where it happens."""

    def _answer(self, method: str) -> None:
        self._streaming = False
        try:
            self._route(method, urlsplit(self.path).path.rstrip("/"))
        except ReggieError as error:
            self._refuse(error)
        except (Left, ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001  # The last resort of a server: recorded, and told without details.
            log.exception("a request failed")
            broken = ReggieError(f"The model server failed ({type(error).__name__}); its log says more.")
            broken.status, broken.kind = 500, "server_error"
            self._refuse(broken)

    def _route(self, method: str, path: str) -> None:
        routes = {
            "/v1/chat/completions": ("POST", self._chat),
            "/v1/embeddings": ("POST", self._embed),
            "/v1/models": ("GET", lambda: self._json(200, model_list(self.server.models.chat.model))),
            "/health": ("GET", self._health),
        }
        if path.startswith("/v1/models/"):
            path = "/v1/models"
        if path not in routes:
            raise NotFound(f"There is nothing at {path[:100] or '/'}; this server has {', '.join(routes)}.")
        expected, serve = routes[path]
        if method != expected:
            raise NotAllowed(f"Use {expected} for {path}.")
        serve()

    def _health(self) -> None:
        models = self.server.models
        fetch = model_files.fetch_state()
        self._json(
            200,
            {
                "status": "ok",
                "model": models.chat.model,
                "stage": models.stage,
                "error": models.problem,
                "embeddings": model_files.minilm_path() is not None,
                "in_line": self.server.turns.length,
                "fetch": {**asdict(fetch), "running": fetch.running},
            },
        )

    def _chat(self) -> None:
        request = read_chat(self._body())
        answerer = self.server.models.chat
        if self.server.models.is_demo:
            self._reply(answerer, request)
            return
        with self.server.turns.turn(self._wait_for_turn(request)):
            self._reply(answerer, request)

    def _reply(self, answerer: Answerer, request: ChatRequest) -> None:
        started = time.monotonic()
        if request.stream:
            stream = StreamReply(answerer.model, self._send_event, self._reader_is_there, with_usage=request.include_usage)
            ending = answerer.answer(request, stream)
            stream.end(ending)
            self._end_stream()
        else:
            whole = WholeReply(answerer.model, self._reader_is_there)
            ending = answerer.answer(request, whole)
            self._json(200, whole.body(ending))
        self._record(answerer, ending, started)

    def _record(self, answerer: Answerer, ending: Ending, started: float) -> None:
        log.info(
            "answered: model=%s finish=%s prompt_tokens=%d cached_tokens=%d completion_tokens=%d seconds=%.2f",
            answerer.model,
            ending.finish_reason,
            ending.prompt_tokens,
            ending.cached_tokens,
            ending.completion_tokens,
            time.monotonic() - started,
        )

    def _embed(self) -> None:
        request = read_embeddings(self._body())
        embedder = self.server.models.embedder()
        if request.dimensions not in (None, embedder.dimensions):
            raise Invalid(f"dimensions must be {embedder.dimensions}: this model's vectors cannot be shortened.")
        vectors = embedder.embed(request.texts)
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if request.base64 else vector}
            for index, vector in enumerate(vectors)
        ]
        # About four letters of English are one word piece.
        tokens = sum(len(text) // 4 + 1 for text in request.texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        self._json(200, {"object": "list", "model": embedder.model.rpartition(":")[2], "data": data, "usage": usage})

    def _body(self) -> bytes:
        if self.headers.get_content_type() != "application/json":
            # A web page cannot send JSON here without asking first, and nobody answers that question.
            raise Unsupported("Send the body as Content-Type: application/json.")
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            raise Invalid("Send a Content-Length.")
        if int(length) > MOST_BODY_BYTES:
            self.close_connection = True
            raise TooLarge(f"The body is {int(length):,} bytes long; at most {MOST_BODY_BYTES:,} are read.")
        return self.rfile.read(int(length))

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = orjson.dumps(value)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, error: ReggieError) -> None:
        try:
            if self._streaming:
                self._send_event(error_body(error))
                self._write_chunk(b"")
                return
            if error.status in (404, 405, 415):
                self.close_connection = True  # The body was not read.
            wait = {} if error.retry_after is None else {"Retry-After": str(max(1, round(error.retry_after)))}
            closing = {"Connection": "close"} if self.close_connection else {}
            self._json(error.status, error_body(error), {**wait, **closing})
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _send_event(self, event: Any) -> bool:
        """One event of the stream, opening it before the first; a comment line for None. False when the reader is gone."""
        try:
            if not self._streaming:
                self._streaming = True
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
            self._write_chunk(b": waiting\n\n" if event is None else b"data: " + orjson.dumps(event) + b"\n\n")
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return False
        return self._reader_is_there()

    def _end_stream(self) -> None:
        self._write_chunk(b"data: [DONE]\n\n")
        self._write_chunk(b"")

    def _write_chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _wait_for_turn(self, request: ChatRequest) -> Any:
        """What is asked while waiting: a stream says that it lives."""
        if not request.stream:
            return self._reader_is_there
        return StreamReply("", self._send_event, self._reader_is_there, with_usage=False).waiting

    def _reader_is_there(self) -> bool:
        """False once the other side closed: the connection is readable and has nothing to read."""
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return not readable or self.connection.recv(1, socket.MSG_PEEK) != b""
        except (OSError, ValueError):
            return False


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
