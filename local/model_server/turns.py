"""One answer at a time, in the order of asking, with a bound on who waits."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from shared.kit.errors import Limited


class Left(Exception):
    """The caller went away while waiting."""


class Turns:
    """A queue before something that serves one at a time. At most `most_waiting` wait; the next is refused at once."""

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._line: deque[object] = deque()
        self._usual_seconds = 5.0

    @property
    def length(self) -> int:
        """How many wait or are served."""
        return len(self._line)

    @contextlib.contextmanager
    def turn(self, still_there: Callable[[], bool]) -> Iterator[None]:
        """Wait for the turn and hold it. `still_there` is asked every half second. Raises Limited, or Left when it says no."""
        ticket = object()
        with self._changed:
            if len(self._line) > self._most_waiting:
                wait = min(60, math.ceil(self._usual_seconds))
                raise Limited(f"The local model answers one at a time and {self._most_waiting} are waiting already.", retry_after=wait)
            self._line.append(ticket)
        try:
            self._await_head(ticket, still_there)
            started = time.monotonic()
            yield
            self._usual_seconds += 0.3 * (time.monotonic() - started - self._usual_seconds)
        finally:
            with self._changed:
                self._line.remove(ticket)
                self._changed.notify_all()

    def _await_head(self, ticket: object, still_there: Callable[[], bool]) -> None:
        while True:
            with self._changed:
                if self._line[0] is ticket or (self._changed.wait(0.5) and self._line[0] is ticket):
                    return
            if not still_there():
                raise Left
