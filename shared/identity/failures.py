"""How often an address may be tried with a wrong password: a few times, then ever more slowly.

It is counted per address and never per network address: people behind one gateway do not lock each other out, and whoever guesses from
many places gains nothing. The count is in the store, so all instances share it, and unknown addresses are counted like known ones.
"""

from __future__ import annotations

from shared.kit.documents import SERVER_TIME, Delete, Documents, Increment, Patch, Put
from shared.kit.errors import Limited
from shared.workspaces.store import address_id

FREE = 5
FIRST_WAIT, LONGEST_WAIT = 15.0, 15 * 60.0
"""Seconds: after 5 failures in a row 15, then 30, 60 and so on."""
FORGOTTEN = 24 * 3600.0
"""Seconds after which failures do not count as being in a row any more."""


class Failures:
    """Failed sign-ins in a row, by address."""

    def __init__(self, platform: Documents) -> None:
        self._documents = platform

    def enter(self, email: str) -> None:
        """Count an attempt before its password is looked at, so that attempts at the same time cannot all be the first.

        Raises Limited, with the seconds to wait, while there is to be none.
        """
        path = self._path(email)
        (before,) = self._documents.get(path)
        seen, age = 0, 0.0
        if before is not None:
            seen, age = before.fields["count"], (before.read_at - before.fields["at"]).total_seconds()
        if age > FORGOTTEN:
            self._documents.commit(Put(path, {"count": Increment(1), "at": SERVER_TIME}))
            return
        if age < wait_after(seen):
            raise _slow_down(wait_after(seen) - age)
        (written,) = self._documents.commit(Patch(path, {"count": Increment(1), "at": SERVER_TIME}, upsert=True))
        count = written.incremented["count"]
        if count > FREE and count != seen + 1:
            raise _slow_down(wait_after(count))  # Others came between the look and the count, and took this turn.

    def forget(self, email: str) -> None:
        """The right password came: the row is over."""
        self._documents.commit(Delete(self._path(email)))

    def _path(self, email: str) -> str:
        return f"sign_in_failures/{address_id(email)}"


def wait_after(failures: int) -> float:
    """Seconds between the latest of so many failures in a row and the next attempt."""
    return 0.0 if failures < FREE else float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - FREE, 10)))


def _slow_down(seconds: float) -> Limited:
    return Limited("there were too many failed sign-ins with this e-mail address; wait, then try again", retry_after=seconds)
