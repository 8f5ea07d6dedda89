"""The SQLite file behind SqliteDocuments: its schema, its connections, its one writer at a time."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from shared.adapters.sqlite import values
from shared.kit.errors import Unavailable

WAIT_SECONDS: Final = 5.0
"""How long a call waits for a locked file before it raises Unavailable."""

_SCHEMA_VERSION: Final = 1
_BUSY_SECONDS: Final = 0.2
"""SQLite's own wait; short, because its pauses grow to 100 ms and the loop around it starts them afresh."""

_SCHEMA: Final = """
CREATE TABLE documents (
    parent TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    size INTEGER NOT NULL,
    keys TEXT NOT NULL,
    vectors BLOB,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX documents_by_path ON documents (parent, id);
CREATE TABLE clock (micros INTEGER NOT NULL);
INSERT INTO clock VALUES (0);
"""

T = TypeVar("T")


class SqliteFile:
    """One database file, shared by the threads of this process and by other processes.

    `synchronous=NORMAL` with a write-ahead log: a commit that returned survives the death of the process, by kill -9 too, because
    the operating system holds it. Only when the machine itself loses power may the last commits be missing, never half a commit.
    FULL would close that gap with an fsync per commit: milliseconds instead of tens of microseconds, too dear for a laptop's data.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._idle: deque[sqlite3.Connection] = deque()
        self._writer = threading.Lock()
        self._left_to_parent: list[deque[sqlite3.Connection]] = []
        _files.add(self)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a connection of its own; several SELECTs that must agree begin a transaction themselves."""
        return self._run(work, time.monotonic() + WAIT_SECONDS)

    def write(self, work: Callable[[sqlite3.Connection, int], T], wait_seconds: float = WAIT_SECONDS) -> T:
        """Run `work` in a write transaction; its second argument is the commit's time in microseconds, unique in this file.

        It grows with every commit of every process, also when the machine's clock is set back.
        """

        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                tick = "UPDATE clock SET micros = MAX(micros + 1, ?) RETURNING micros"
                ((micros,),) = connection.execute(tick, (time.time_ns() // 1000,)).fetchall()
                result = work(connection, micros)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        deadline = time.monotonic() + wait_seconds
        # Threads queue here, where waiting is fair and wakes at once; SQLite's own lock is left for other processes.
        if not self._writer.acquire(timeout=wait_seconds):
            raise Unavailable(f"{self.path.name}: another thread has been writing for {wait_seconds:g} s")
        try:
            return self._run(transaction, deadline)
        finally:
            self._writer.release()

    def close(self) -> None:
        """Close the connections that no call is using; the next call opens new ones."""
        while self._idle:
            self._idle.pop().close()

    def leave_connections_to_parent(self) -> None:
        """In a forked child: a connection of the parent must not be used, nor even closed.

        https://www.sqlite.org/howtocorrupt.html, section 2.6.
        """
        self._left_to_parent.append(self._idle)
        self._idle, self._writer = deque(), threading.Lock()

    def _run(self, work: Callable[[sqlite3.Connection], T], deadline: float) -> T:
        while True:
            try:
                connection = self._borrow()
                try:
                    return work(connection)
                finally:
                    self._give_back(connection)
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
                if not busy or time.monotonic() + _BUSY_SECONDS > deadline:
                    raise Unavailable(f"{self.path.name}: {error}") from error

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.create_function("list_contains", 3, values.contains, deterministic=True)
            if _version(connection) != _SCHEMA_VERSION:
                self._create_schema(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create_schema(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)
        if version == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif version != _SCHEMA_VERSION:
            raise RuntimeError(f"{self.path} has schema {version}; this program reads {_SCHEMA_VERSION}: move the file away")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    return int(version)


def _after_fork() -> None:
    for file in list(_files):
        file.leave_connections_to_parent()


_files: Final[weakref.WeakSet[SqliteFile]] = weakref.WeakSet()
os.register_at_fork(after_in_child=_after_fork)
