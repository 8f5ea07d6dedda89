"""The port of documents: small JSON-like records under paths, shaped by what stays exact under load.

There is no read-modify-write transaction: on a contended document it collapses (100 concurrent transactional increments of
one Firestore document: 1 success). One `commit` takes a list of writes, all or nothing, with preconditions and increments.

Paths alternate collection and document id (`sessions/s1/runs/r1`), relative to the workspace that the store was opened for. Segments
are of `[A-Za-z0-9_.:@~-]`, never `.`, `..` or `__x__`; anything else raises Invalid.

A document is a dict of field name to value: None, bool, int (64 bit), float (finite), str, bytes, datetime (with a zone; read back in
UTC, microseconds), list, dict with str keys, or Vector. A list never stands directly in a list, a Vector only in a field of its own, a
key is not empty nor like `__x__`, nesting ends at 20 levels; else Unprocessable names the field. At most 1 MiB as Firestore counts;
field names match `[A-Za-z_][A-Za-z0-9_]*` and are not `__x__`, `_commit` or `_distance`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector of at most 2,048 floats that `nearest` can search."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Increment:
    """As a top-level field value in Create, Put or Patch: add `by` to the number there (0 when absent or not a number).

    A Put starts from an empty document, so there it is `by`. Sums stop at the ends of 64 bits; a float stays a float.
    """

    by: int


class ServerTime:
    """The type of SERVER_TIME."""

    def __repr__(self) -> str:
        return "SERVER_TIME"


SERVER_TIME: Final = ServerTime()
"""As a top-level field value: the database's time of the commit; equal in all documents of one commit.

Firestore rounds it down to the millisecond and takes it when it begins, so two commits may share one: order by it, then by id.
"""


@dataclass(frozen=True, slots=True)
class Create:
    """Write a document that must not exist; else the whole commit raises AlreadyExists."""

    path: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Put:
    """Write the whole document, whether it exists or not."""

    path: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patch:
    """Replace the named top-level fields of a document and keep the others.

    The document must exist (and be at `if_version`, when given), else the commit raises Conflict.
    `upsert=True` creates it when absent; it cannot be combined with `if_version`.
    """

    path: str
    fields: dict[str, Any]
    if_version: int | None = None
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document, not what lies below it. Absent is fine, unless `if_version` is given: then Conflict."""

    path: str
    if_version: int | None = None


Write = Create | Put | Patch | Delete
Operator = Literal["==", "<", "<=", ">", ">=", "in", "array_contains"]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition of a query on a top-level field; a document without the field never matches.

    It compares within the type of `value`: bool, number (int and float in one order), str, bytes, datetime, at most 1,500 bytes; None only
    with `==`. `in` takes 1 to 30 values; array_contains may stand once in a query.
    """

    field: str
    op: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by a top-level field; documents without the field are left out of the answer, as Firestore does.

    Across types: None, bool, number, datetime, str, bytes; then lists, Vectors and dicts, which among their like have no promised order.
    """

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document as it was read. `read_at - updated_at` is its age by the database's own clock."""

    path: str
    fields: dict[str, Any]
    version: int
    """Opaque; changes with every write that changes the document. Give it back as `if_version`."""
    created_at: datetime
    updated_at: datetime
    read_at: datetime

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A hit of `nearest`; `distance` is the cosine distance, 0 (same direction) to 2 (opposite)."""

    snapshot: Snapshot
    distance: float


@dataclass(frozen=True, slots=True)
class Written:
    """What one write of a commit did, in the commit's order."""

    path: str
    version: int
    """The document's version now; 0 after a Delete."""
    updated_at: datetime
    incremented: dict[str, int] = field(default_factory=dict)
    """Field name to its value after each Increment of this write; after a lost reply, its value when the commit was settled."""


class Documents(Protocol):
    """The documents of one workspace. Every call ends within about 5 s: with an answer or with Unavailable."""

    def get(self, *paths: str) -> list[Snapshot | None]:
        """The documents at these paths in one round trip, in their order; None where there is none."""
        ...

    def query(
        self,
        collection: str,
        where: Sequence[Where] = (),
        order: Sequence[Order] = (),
        limit: int = 100,
        after: Sequence[Any] | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Snapshot]:
        """At most `limit` direct children of `collection` that meet every condition.

        Sorted by `order`, then by document id in the direction of the last order (ascending without one). `after` starts behind
        a place: the values of the order fields followed by the document id. `fields` reads only those fields.
        Inequalities may stand on one field only, which must then be the first order field.
        """
        ...

    def count(self, collection: str, where: Sequence[Where] = ()) -> int:
        """How many documents meet every condition, without reading them."""
        ...

    def nearest(
        self, collection: str, field: str, vector: Sequence[float], where: Sequence[Where] = (), limit: int = 10
    ) -> list[Neighbour]:
        """The `limit` (1 to 1,000) documents whose Vector in `field` is nearest by cosine, nearest first. Equality conditions only."""
        ...

    def commit(self, *writes: Write) -> list[Written]:
        """All writes or none, on at most 200 different documents of together 3 MB; a document may be named once.

        Raises AlreadyExists or Conflict when a precondition fails, TooLarge when a document passes 1 MiB, Unavailable when the
        outcome could not be settled. A lost reply is settled inside: a commit that took effect is never reported as a conflict.
        A commit with an Increment and neither a Create nor an `if_version` cannot be settled, so it is not tried twice.
        Unavailable leaves open whether the commit took effect: read, or repeat a commit that has a Create or an `if_version`.
        """
        ...


class DocumentStore(Protocol):
    """Opens the Documents of one workspace. Only the wiring holds one."""

    def open(self, root: str) -> Documents:
        """The documents below `root` (an even number of path segments, as `workspaces/w1`)."""
        ...

    def close(self) -> None:
        """Release connections; the store opens them again on next use."""
        ...
