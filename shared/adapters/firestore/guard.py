"""A store that refuses what Firestore itself would refuse or do badly for want of an index.

For stores that stand in for it, SQLite and the emulator: there a query without an index is answered, and would fail only in the cloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from shared.adapters.firestore.indexes import Indexes, Shape
from shared.kit.documents import Delete, Documents, DocumentStore, Neighbour, Order, Snapshot, Where, Write, Written


class IndexedStore:
    """A DocumentStore whose queries need an index; raises IndexMissing, which is a fault of the program and no caller's."""

    def __init__(self, inner: DocumentStore, indexes: Indexes | None = None) -> None:
        self._inner = inner
        self._indexes = indexes or _declared()

    def open(self, root: str) -> IndexedDocuments:
        return IndexedDocuments(self._inner.open(root), self._indexes)

    def close(self) -> None:
        self._inner.close()


class IndexedDocuments:
    """A Documents whose queries need an index, and whose collections must be declared."""

    def __init__(self, inner: Documents, indexes: Indexes) -> None:
        self._inner = inner
        self._indexes = indexes

    def get(self, *paths: str) -> list[Snapshot | None]:
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
        self._indexes.require(Shape.of(_kind(collection), where, order))
        return self._inner.query(collection, where, order, limit, after, fields)

    def count(self, collection: str, where: Sequence[Where] = ()) -> int:
        self._indexes.require(Shape.of(_kind(collection), where))
        return self._inner.count(collection, where)

    def nearest(
        self, collection: str, field: str, vector: Sequence[float], where: Sequence[Where] = (), limit: int = 10
    ) -> list[Neighbour]:
        self._indexes.require(Shape.of(_kind(collection), where, vector=field))
        return self._inner.nearest(collection, field, vector, where, limit)

    def commit(self, *writes: Write) -> list[Written]:
        for write in writes:
            if not isinstance(write, Delete):
                self._indexes.check_document(_kind(write.path.rpartition("/")[0]), write.fields)
        return self._inner.commit(*writes)


@cache
def _declared() -> Indexes:
    return Indexes.declared()


def _kind(collection: str) -> str:
    return collection.rpartition("/")[2]
