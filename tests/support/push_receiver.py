"""A subscriber on a loopback port that remembers what was pushed to it and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shared.kit.bus import Delivery, decode_push

Answer = Callable[[int], int]
"""The number of the push to this path, from 1, to the status that it gets."""


@dataclass(frozen=True, slots=True)
class Push:
    """One request as it came; `at` is monotonic seconds."""

    path: str
    at: float
    authorization: str
    envelope: dict[str, Any]

    @property
    def delivery(self) -> Delivery:
        return decode_push(self.envelope)


class Receiver:
    """What came, by path. Answers 204 unless `answers[path]` says otherwise; `holds[path]` is waited for before answering."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, Answer] = {}
        self.holds: dict[str, threading.Event] = {}
        self.most_at_once = 0
        self._at_once = 0
        self._came: dict[str, list[Push]] = defaultdict(list)
        self._change = threading.Condition()

    def pushes(self, path: str) -> list[Push]:
        with self._change:
            return list(self._came[path])

    def wait_for(self, path: str, count: int, seconds: float = 20.0) -> list[Push]:
        """The pushes to `path` once there are `count`, else an AssertionError."""
        with self._change:
            came = self._change.wait_for(lambda: len(self._came[path]) >= count, seconds)
            assert came, f"{len(self._came[path])} of {count} pushes came to {path} within {seconds} s"
            return list(self._came[path])

    def take(self, push: Push) -> int:
        with self._change:
            self._came[push.path].append(push)
            number = len(self._came[push.path])
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._change.notify_all()
        hold = self.holds.get(push.path)
        if hold is not None:
            hold.wait(20)
        with self._change:
            self._at_once -= 1
        answer = self.answers.get(push.path)
        return answer(number) if answer else 204


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A Receiver that listens, for the length of the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            at = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = receiver.take(Push(self.path, at, self.headers.get("Authorization", ""), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 100

        def handle_error(self, *_: object) -> None:
            """A sender that gave up or was killed is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        for hold in receiver.holds.values():
            hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
