"""A limit per window of time that is exact under any number of concurrent callers: the value that an increment returns decides.

The window is the database's, not the instance's: what its clock says only names the window to try first. A refused caller gives back what
it took, so those who were let in never sum up to more than the limit. Taking rides in the commit of what is taken for, whose Create
lets a lost reply be settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.kit.clock import Clock
from shared.kit.documents import Create, Delete, Documents, Increment, Patch
from shared.kit.errors import Limited

_KEPT_WINDOWS = 2
"""A window's document may be removed after so many windows: the database's time to live does that."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left of a window after a call that was let in."""

    limit: int
    remaining: int
    resets_at: datetime


class Quota:
    """One limit of one workspace: `limit` units in each window of `seconds`. `name` is part of a path."""

    def __init__(self, documents: Documents, clock: Clock, name: str, limit: int, seconds: int) -> None:
        self._documents = documents
        self._clock = clock
        self._name = name
        self._limit = limit
        self._seconds = seconds

    def take(self, effect: Create, amount: int = 1) -> Taken:
        """Use up `amount` units (at least 1) in one commit with `effect`, which is what they are used up for.

        Raises Limited, with the seconds until the window ends, when they are not there; then the effect is undone.
        """
        if amount < 1:
            raise ValueError("a quota is taken in whole units, at least one")
        window = self._window(self._clock.now())
        while True:
            created, counted = self._documents.commit(effect, self._add(window, amount))
            current = self._window(counted.updated_at)
            used = counted.incremented["used"]
            resets_at = self._start(window + 1)
            if current == window and used <= self._limit:
                return Taken(self._limit, self._limit - used, resets_at)
            self._documents.commit(Delete(effect.path, if_version=created.version), self._add(window, -amount))
            if current == window:
                raise Limited(
                    f"the limit of {self._limit} per {self._seconds} s is reached; it resets at {resets_at:%Y-%m-%dT%H:%M:%SZ}",
                    retry_after=max(1.0, (resets_at - counted.updated_at).total_seconds()),
                )
            window = current

    def _add(self, window: int, amount: int) -> Patch:
        fields = {"used": Increment(amount), "expire_at": self._start(window + _KEPT_WINDOWS)}
        return Patch(f"quota/{self._name}_{window}", fields, upsert=True)

    def _window(self, moment: datetime) -> int:
        return int(moment.timestamp() // self._seconds)

    def _start(self, window: int) -> datetime:
        return datetime.fromtimestamp(0, tz=UTC) + timedelta(seconds=window * self._seconds)
