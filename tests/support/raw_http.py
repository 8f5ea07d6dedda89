"""Bytes to a server as they are, and what comes back: for requests that no HTTP client would send."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

_TIMEOUT = 15.0
CLOSED, SILENT = 0, -1


@dataclass(frozen=True, slots=True)
class Answer:
    """The first response; its status is CLOSED when the server closed the connection without one, and SILENT when it said nothing."""

    status: int
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    rest: bytes = b""
    """What came behind it, until the server closed or fell silent; asked for only with `more`."""
    seconds: float = 0.0
    """From the last byte that was sent, or the answer if that came before."""

    def json(self) -> Any:
        return json.loads(self.body)


def exchange(port: int, request: bytes, *, half_close: bool = False, more: float = 0.0) -> Answer:
    """Send `request` and read the answer. `half_close`: say that nothing more will come; `more`: seconds to wait for a second answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
        sent_at: list[float] = []

        def send() -> None:
            with suppress(OSError):  # The server may have answered and closed before the end.
                connection.sendall(request)
                sent_at.append(time.perf_counter())
                if half_close:
                    connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        try:
            return _answer(connection, request, sent_at, more)
        finally:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            sender.join(_TIMEOUT)


def _answer(connection: socket.socket, request: bytes, sent_at: list[float], more: float) -> Answer:
    response = http.client.HTTPResponse(connection, method=request.partition(b" ")[0].decode("latin-1"))
    with response:
        try:
            response.begin()
            body = response.read()
        except TimeoutError:
            return Answer(SILENT, seconds=_TIMEOUT)
        except (http.client.HTTPException, ConnectionError):
            return Answer(CLOSED)
        seconds = time.perf_counter() - sent_at[0] if sent_at else 0.0
        rest = b""
        if more:
            connection.settimeout(more)
            with suppress(OSError):
                rest = connection.recv(65536)
        return Answer(response.status, response.headers, body, rest, seconds)
