"""The events of one run in order: live for readers in this process, and small enough to be stored with every heartbeat.

An event's index is what a reader gives back to go on from there. Indexes of attempt n (the run's fence) start at (n - 1) * 1,000,000:
when another instance takes a run over, it starts the answer anew, and a reader of the old attempt is served the new one from its start.

Stored, the log keeps the lengths of the pieces in which the answer was streamed, not their words: those stand once, in the run's
content. So a replay repeats each event exactly, at about two bytes a piece.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

ATTEMPT_STRIDE = 1_000_000
"""Indexes of one attempt; a run is cut off long before it has so many events."""

CONTENT = "RunContent"
COMPLETED = "RunCompleted"
_WHOLE = ("content", "reasoning_content")
"""Fields of COMPLETED that repeat the whole answer: not stored with the event either."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `at` is epoch seconds by the server's clock; `fields` are what its name calls for."""

    index: int
    name: str
    at: int
    fields: dict[str, Any]


@dataclass(slots=True)
class EventLog:
    """Append-only; safe between one writer and many readers."""

    base: int = 0
    events: list[Event] = field(default_factory=list)
    closed: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def start_attempt(self, fence: int) -> None:
        """The first index of this still empty log is the one of the attempt with this fence (from 1)."""
        self.base = (fence - 1) * ATTEMPT_STRIDE

    @property
    def next_index(self) -> int:
        return self.base + len(self.events)

    def append(self, name: str, at: int, fields: dict[str, Any]) -> None:
        with self._changed:
            self.events.append(Event(self.next_index, name, at, fields))
            self._changed.notify_all()

    def close(self) -> None:
        """No event will follow."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def wait(self, index: int, seconds: float) -> bool:
        """Wait until there is an event behind `index` or the log is closed; False when `seconds` passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: self.closed or self.next_index > index + 1, seconds)

    def after(self, index: int) -> list[Event]:
        """The events behind `index`; all of them when `index` belongs to an earlier attempt."""
        return self.events[max(0, index + 1 - self.base) :]

    def dump(self, *more: Event) -> bytes:
        """The log, and `more` behind it, as JSON without the words of the answer."""
        entries: list[list[Any]] = []
        for event in [*self.events, *more]:
            if event.name != CONTENT:
                fields = event.fields
                if event.name == COMPLETED:
                    fields = {name: value for name, value in fields.items() if name not in _WHOLE}
                entries.append([event.name, event.at, fields])
                continue
            kind = "reasoning" if "reasoning_content" in event.fields else "content"
            size = len(event.fields["reasoning_content" if kind == "reasoning" else "content"])
            last = entries[-1] if entries else None
            if last is not None and last[0] == kind and last[1] == event.at:
                last[2].append(size)
            else:
                entries.append([kind, event.at, [size]])
        return orjson.dumps({"base": self.base, "entries": entries})

    @classmethod
    def load(cls, stored: bytes, content: str, reasoning: str, *, closed: bool) -> EventLog:
        """The log that was dumped, its words cut from the run's content again."""
        raw = orjson.loads(stored)
        if not raw:
            return cls(closed=closed)
        log = cls(base=raw["base"], closed=closed)
        for name, at, fields in _entries(raw["entries"], content, reasoning):
            log.events.append(Event(log.next_index, name, at, fields))
        return log


def _entries(entries: list[list[Any]], content: str, reasoning: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    texts = {"content": content, "reasoning": reasoning}
    places = {"content": 0, "reasoning": 0}
    for kind, at, value in entries:
        if kind not in texts:
            whole = {"content": content, **({"reasoning_content": reasoning} if reasoning else {})} if kind == COMPLETED else {}
            yield kind, at, {**whole, **value}
            continue
        for size in value:
            start = places[kind]
            places[kind] = start + size
            word = texts[kind][start : start + size]
            yield CONTENT, at, {"content": word} if kind == "content" else {"reasoning_content": word}
