"""A request to stop, seen at once by whoever waits on something slow."""

from __future__ import annotations

import threading
from collections.abc import Callable


class StopSignal:
    """Set once, from any thread. Callbacks run in the setter's thread, or at once when added after the fact."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._reason = ""

    def set(self, reason: str) -> None:
        """Ask to stop; only the first reason counts."""
        with self._lock:
            if self._reason:
                return
            self._reason = reason
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @property
    def reason(self) -> str:
        """Why, or an empty string while nobody asked."""
        return self._reason

    def is_set(self) -> bool:
        return bool(self._reason)

    def on_set(self, callback: Callable[[], None]) -> None:
        """Run `callback` when set. It must be quick and may be called from any thread."""
        with self._lock:
            if not self._reason:
                self._callbacks.append(callback)
                return
        callback()
