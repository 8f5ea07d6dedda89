"""Documents in a SQLite file: the laptop's database, exact in the same way as Firestore."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from shared.adapters import documents_rules as rules
from shared.adapters.sqlite import queries
from shared.adapters.sqlite.store import SqliteFile
from shared.adapters.sqlite.values import Body, from_micros, vector_of
from shared.kit.documents import (
    SERVER_TIME,
    Create,
    Delete,
    Increment,
    Neighbour,
    Order,
    Patch,
    Snapshot,
    Where,
    Write,
    Written,
)
from shared.kit.errors import AlreadyExists, Conflict, Unavailable

_INT_MAX: Final = 2**63 - 1
_Row = tuple[str, int, int, bytes | None, bytes]


class SqliteStore:
    """Opens the documents of one root in the SQLite file at `path`, which is made when it is not there."""

    def __init__(self, path: str | Path) -> None:
        self._file = SqliteFile(path)
        self._indexed: set[str] = set()

    def open(self, root: str) -> SqliteDocuments:
        rules.check_document_path(root)
        return SqliteDocuments(self._file, root, self._indexed)

    def close(self) -> None:
        self._file.close()


class SqliteDocuments:
    """The documents below one root of a SQLite file."""

    def __init__(self, file: SqliteFile, root: str, indexed: set[str]) -> None:
        self._file = file
        self._root = root
        self._indexed = indexed

    def get(self, *paths: str) -> list[Snapshot | None]:
        for path in paths:
            rules.check_document_path(path)
        places = [self._place(path) for path in dict.fromkeys(paths)]
        if not places:
            return []
        statement = queries.by_paths(len(places))
        parameters = [part for place in places for part in place]
        rows = self._file.read(lambda connection: connection.execute(statement, parameters).fetchall())
        found = {f"{parent}/{row[0]}": (parent, row) for parent, *row in rows}
        read_at = _read_at([row for _, row in found.values()])
        snapshots: list[Snapshot | None] = []
        for path in paths:
            hit = found.get(f"{self._root}/{path}")
            snapshots.append(None if hit is None else self._snapshot(*hit, read_at))
        return snapshots

    def query(
        self,
        collection: str,
        where: Sequence[Where] = (),
        order: Sequence[Order] = (),
        limit: int = 100,
        after: Sequence[Any] | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Snapshot]:
        rules.check_collection_path(collection)
        rules.check_query(where, order, limit, after, fields)
        parent = f"{self._root}/{collection}"
        self._index(queries.index_for(queries.kind_of(parent), where, order))
        statement, parameters = queries.select(parent, where, order, limit, after)
        rows = self._file.read(lambda connection: connection.execute(statement, parameters).fetchall())
        read_at = _read_at(rows)
        return [self._snapshot(parent, row, read_at, fields) for row in rows]

    def count(self, collection: str, where: Sequence[Where] = ()) -> int:
        rules.check_collection_path(collection)
        rules.check_where(where)
        parent = f"{self._root}/{collection}"
        self._index(queries.index_for(queries.kind_of(parent), where, ()))
        statement, parameters = queries.count(parent, where)
        ((total,),) = self._file.read(lambda connection: connection.execute(statement, parameters).fetchall())
        return int(total)

    def nearest(
        self, collection: str, field: str, vector: Sequence[float], where: Sequence[Where] = (), limit: int = 10
    ) -> list[Neighbour]:
        rules.check_collection_path(collection)
        rules.check_nearest(field, vector, where, limit)
        parent = f"{self._root}/{collection}"
        statement, parameters = queries.vectors(parent, where)

        def search(connection: sqlite3.Connection) -> list[tuple[_Row, float]]:
            connection.execute("BEGIN")
            try:
                packed = connection.execute(statement, parameters).fetchall()
                candidates = [(id_, raw) for id_, column in packed if (raw := vector_of(column, field)) and len(raw) == 8 * len(vector)]
                hits = _nearest(candidates, vector, limit)
                return [(connection.execute(queries.BY_PATH, (parent, id_)).fetchone()[1:], distance) for id_, distance in hits]
            finally:
                connection.execute("COMMIT")

        hits = self._file.read(search)
        read_at = _read_at([row for row, _ in hits])
        return [Neighbour(self._snapshot(parent, row, read_at), distance) for row, distance in hits]

    def commit(self, *writes: Write) -> list[Written]:
        measured = rules.check_commit(self._root, writes)
        if not writes:
            return []

        def work(connection: sqlite3.Connection, now: int) -> list[Written]:
            return [self._write(connection, write, fields, now) for write, fields in zip(writes, measured, strict=True)]

        return self._file.write(work)

    def _write(self, connection: sqlite3.Connection, write: Write, measured: rules.Measured, now: int) -> Written:
        parent, id_ = self._place(write.path)
        if isinstance(write, Delete):
            return _delete(connection, write, parent, id_, now)
        old = None
        if isinstance(write, Patch):
            old = connection.execute(queries.TO_PATCH, (parent, id_)).fetchone()
            if old is None and not write.upsert:
                raise Conflict(f"{write.path} is not there")
            if old is not None and write.if_version not in (None, old[0]):
                raise Conflict(f"{write.path} has changed")
        body, size = Body(), rules.name_bytes(f"{self._root}/{write.path}")
        if old is not None:
            body, size = Body.read(old[4], old[3], old[2]), old[1]
            size -= sum(rules.measure_field(name, body.get(name))[0] for name in write.fields if name in body.keys)
        incremented = _apply(body, write.fields, measured, now)
        size += sum(each for each, _ in measured.values())
        rules.check_document_bytes(write.path, size)
        content, vectors, keys = body.columns()
        if old is not None:
            connection.execute(queries.UPDATE, (now, size, keys, vectors, content, parent, id_))
        else:
            kind = queries.kind_of(parent)
            statement = queries.INSERT if isinstance(write, Create) else queries.INSERT_OR_REPLACE
            done = connection.execute(statement, (parent, id_, kind, now, now, size, keys, vectors, content))
            if done.rowcount == 0:
                raise AlreadyExists(f"{write.path} exists")
        return Written(write.path, now, from_micros(now), incremented)

    def _place(self, path: str) -> tuple[str, str]:
        collection, _, id_ = path.rpartition("/")
        return f"{self._root}/{collection}", id_

    def _snapshot(self, parent: str, row: Sequence[Any], read_at: int, fields: Sequence[str] | None = None) -> Snapshot:
        id_, created, updated, vectors, body = row
        content = Body.read(body, vectors).fields()
        if fields is not None:
            content = {name: content[name] for name in fields if name in content}
        path = f"{parent[len(self._root) + 1 :]}/{id_}"
        return Snapshot(path, content, updated, from_micros(created), from_micros(updated), from_micros(read_at))

    def _index(self, statement: str | None) -> None:
        """Make the index on first use. A locked file only puts that off: the query is right without it."""
        if statement is None or statement in self._indexed:
            return
        try:
            self._file.write(lambda connection, _: connection.execute(statement), wait_seconds=0.5)
        except Unavailable:
            return
        self._indexed.add(statement)


def _delete(connection: sqlite3.Connection, write: Delete, parent: str, id_: str, now: int) -> Written:
    if write.if_version is None:
        connection.execute(queries.DELETE, (parent, id_))
    elif connection.execute(queries.DELETE_AT_VERSION, (parent, id_, write.if_version)).rowcount == 0:
        raise Conflict(f"{write.path} has changed or is gone")
    return Written(write.path, 0, from_micros(now))


def _apply(body: Body, fields: dict[str, Any], measured: rules.Measured, now: int) -> dict[str, Any]:
    """Put the fields into the body; the values after each Increment."""
    incremented: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, Increment):
            incremented[name] = _add(body.get(name), value.by)
            body.set(name, incremented[name], False)
        elif value is SERVER_TIME:
            body.set(name, from_micros(now), True)
        else:
            body.set(name, value, measured[name][1])
    return incremented


def _add(current: Any, by: int) -> Any:
    """As Firestore adds: what is no number counts as 0, a sum of integers stops at the ends of 64 bits, a float stays one."""
    if isinstance(current, float):
        return current + by
    if isinstance(current, bool) or not isinstance(current, int):
        return by
    return max(-_INT_MAX - 1, min(_INT_MAX, current + by))


def _read_at(rows: Sequence[Sequence[Any]]) -> int:
    """The time of a read in microseconds: never before a document's own, also when the machine's clock is set back."""
    return max(time.time_ns() // 1000, *(int(row[2]) for row in rows), 0)


def _nearest(candidates: list[tuple[str, bytes]], vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
    """The ids of the nearest candidates with their cosine distances; equal distances stay in the order of ids."""
    import numpy as np

    if not candidates:
        return []
    matrix = np.frombuffer(b"".join(raw for _, raw in candidates), dtype="<f8").reshape(len(candidates), len(vector))
    wanted = np.asarray(vector, dtype=np.float64)
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(wanted)
    distances = np.clip(1.0 - (matrix @ wanted) / lengths, 0.0, 2.0)
    order = np.argsort(distances, kind="stable")[:limit]
    return [(candidates[place][0], float(distances[place])) for place in order.tolist()]
