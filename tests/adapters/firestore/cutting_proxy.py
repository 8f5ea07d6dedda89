"""A TCP proxy that loses replies: it closes the connection instead of handing one on, so the request took effect and nobody hears of it."""

from __future__ import annotations

import contextlib
import random
import socket
import threading

SURE = 4
"""This piece of all replies is lost in any case: replies to calls at once come in so few pieces that chance alone may spare every one."""


class CuttingProxy:
    """Stands before `target` (`host:port`); each piece of a reply is lost with probability `share`, and the connection with it."""

    def __init__(self, target: str, share: float, seed: int) -> None:
        host, _, port = target.partition(":")
        self._target = (host, int(port))
        self._share = share
        self._random = random.Random(seed)
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = self._pieces = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Close the listener and every connection."""
        _close(self._listener)
        for each in list(self._sockets):
            _close(each)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets |= {client, server}
                threading.Thread(target=self._forward, args=(client, server, 0.0), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, client, self._share), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, share: float) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                self._pieces += share > 0
                if self._random.random() < share or (share and self._pieces == SURE):
                    self.cuts += 1
                    break
                sink.sendall(piece)
        for each in (source, sink):
            self._sockets.discard(each)
            _close(each)


def _close(connection: socket.socket) -> None:
    # shutdown wakes the thread that waits in accept or recv; close alone would leave it there.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
