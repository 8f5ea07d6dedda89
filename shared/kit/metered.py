"""Counting what a request costs the database: documents read and written, commits. One wrapper for every adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.kit.documents import Documents, Neighbour, Order, Snapshot, Where, Write, Written


@dataclass(slots=True)
class DatabaseUsage:
    """Documents read and written and commits made, as Firestore bills them: an empty query and a missing document are one read each."""

    reads: int = 0
    writes: int = 0
    commits: int = 0

    def as_dict(self) -> dict[str, int]:
        return {"reads": self.reads, "writes": self.writes, "commits": self.commits}


class MeteredDocuments:
    """A Documents that adds what passes through it to a DatabaseUsage."""

    def __init__(self, inner: Documents, usage: DatabaseUsage) -> None:
        self._inner = inner
        self.usage = usage

    def get(self, *paths: str) -> list[Snapshot | None]:
        self.usage.reads += len(paths)
        return self._inner.get(*paths)

    def query(
        self,
        collection: str,
        where: Sequence[Where] = (),
        order: Sequence[Order] = (),
        limit: int = 100,
        after: Sequence[Any] | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Snapshot]:
        found = self._inner.query(collection, where, order, limit, after, fields)
        self.usage.reads += max(1, len(found))
        return found

    def count(self, collection: str, where: Sequence[Where] = ()) -> int:
        total = self._inner.count(collection, where)
        # One read per batch of up to 1,000 index entries: https://firebase.google.com/docs/firestore/pricing
        self.usage.reads += max(1, -(-total // 1000))
        return total

    def nearest(
        self, collection: str, field: str, vector: Sequence[float], where: Sequence[Where] = (), limit: int = 10
    ) -> list[Neighbour]:
        found = self._inner.nearest(collection, field, vector, where, limit)
        self.usage.reads += max(1, len(found))
        return found

    def commit(self, *writes: Write) -> list[Written]:
        written = self._inner.commit(*writes)
        self.usage.writes += len(writes)
        self.usage.commits += 1
        return written
