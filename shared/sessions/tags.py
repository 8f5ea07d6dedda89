"""How many of each user's sessions have a tag: `tags/{digest of user and tag}`, a counter for each.

It is moved in the commit that changes a session's tags, or deletes the session, under the version that had these tags: so it is exact. A
counter that came to 0 stays, as somebody else may be about to raise it, and is not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from shared.kit.documents import Documents, Increment, Order, Patch, Where, Write
from shared.kit.ids import derived_id

MOST: Final = 500
"""Counters that are read for one list, those of most sessions first."""


class Tags:
    """The tags of one workspace's sessions."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def used(self, user: str | None) -> dict[str, int]:
        """By tag, how many sessions of the user (None: of everybody) have it; those of most sessions first, then by name.

        Cost: a read for each tag, without a user for each user's; at most MOST.
        """
        own = [] if user is None else [Where("user", "==", user)]
        found = self._documents.query("tags", [*own, Where("sessions", ">", 0)], [Order("sessions", True)], MOST)
        sums = Counter[str]()
        for counter in found:
            sums[counter.fields["tag"]] += counter.fields["sessions"]
        return dict(sorted(sums.items(), key=lambda each: (-each[1], each[0])))


def moved_counters(user: str, before: Iterable[str], after: Iterable[str]) -> list[Write]:
    """The writes that count a session of the user's with the tags `after` instead of `before`."""
    had, has = set(before), set(after)
    return [_moved(user, tag, 1) for tag in sorted(has - had)] + [_moved(user, tag, -1) for tag in sorted(had - has)]


def _moved(user: str, tag: str, by: int) -> Write:
    return Patch(f"tags/{derived_id('tag', user, tag)}", {"user": user, "tag": tag, "sessions": Increment(by)}, upsert=True)
