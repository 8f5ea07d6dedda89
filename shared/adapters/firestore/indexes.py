"""Which indexes Firestore has, and whether a query can be answered by them. Firestore refuses a query without one; its emulator does not.

They stand in firestore.indexes.json, in the Firebase CLI's format; Terraform makes them from the same file. The rules, where the documents
leave something open, on the side of asking for too much (https://firebase.google.com/docs/firestore/query-data/index-overview):

- Firestore keeps indexes of each single field by itself, unless a `fieldOverride` of the field, or of `*`, says which.
- An index answers a query when it holds some of the fields that must be equal, in any sequence, and then exactly the query's order, each
  field in its direction. It is read forwards only. Ties are in the order of ids, in the direction of the last field.
- Several indexes together answer it when each does so for some of the fields, and none is left over: Firestore merges them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any, Final, Literal

from shared.kit.documents import Order, Where

DECLARED: Final = Path(__file__).with_name("firestore.indexes.json")
MAX_INDEXED_BYTES: Final = 1_500
"""Of an indexed value; what is longer is cut off in the index, so that queries miss it."""
MAX_ENTRIES: Final = 40_000
"""Index entries of one document; https://firebase.google.com/docs/firestore/quotas#indexes."""

Mode = Literal["ASCENDING", "DESCENDING", "CONTAINS", "VECTOR"]
_AUTOMATIC: Final[tuple[Mode, ...]] = ("ASCENDING", "DESCENDING", "CONTAINS")


class IndexMissing(Exception):
    """A query or a collection that firestore.indexes.json does not provide for; the message says which line it lacks."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an index."""

    field: str
    mode: Mode

    def as_json(self) -> dict[str, Any]:
        if self.mode == "VECTOR":
            return {"fieldPath": self.field, "vectorConfig": {"dimension": 0, "flat": {}}}
        return {"fieldPath": self.field, "arrayConfig" if self.mode == "CONTAINS" else "order": self.mode}


@dataclass(frozen=True, slots=True)
class Index:
    """An index of all collections with the id `kind`, whatever they lie below."""

    kind: str
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        fields = [part.as_json() for part in self.parts]
        return {"collectionGroup": self.kind, "queryScope": "COLLECTION", "fields": fields}


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a query decides about its index."""

    kind: str
    equal: frozenset[Part]
    """What must be equal: ASCENDING stands for either direction, CONTAINS for an element of a list."""
    tail: tuple[Part, ...] = ()
    """The order, or the vector."""

    @classmethod
    def of(cls, kind: str, where: Sequence[Where], order: Sequence[Order] = (), vector: str = "") -> Shape:
        unequal = {condition.field: None for condition in where if condition.op in ("<", "<=", ">", ">=")}
        tail = [Part(by.field, "DESCENDING" if by.descending else "ASCENDING") for by in order]
        # Counted without an order, documents are read in the one that an inequality implies.
        tail = tail or [Part(name, "ASCENDING") for name in unequal]
        equal = {Part(condition.field, "ASCENDING") for condition in where if condition.op in ("==", "in")}
        equal |= {Part(condition.field, "CONTAINS") for condition in where if condition.op == "array_contains"}
        if vector:
            tail.append(Part(vector, "VECTOR"))
        return cls(kind, frozenset(equal), tuple(tail))

    def __str__(self) -> str:
        equal = sorted(f"{part.field} {'contains' if part.mode == 'CONTAINS' else 'equal'}" for part in self.equal)
        tail = [f"{part.field} {part.mode.lower()}" for part in self.tail]
        return f"{self.kind}: {', '.join((*equal, *tail))}"


class Indexes:
    """The indexes of one database."""

    def __init__(self, composite: Iterable[Index] = (), overrides: Mapping[tuple[str, str], tuple[Mode, ...]] | None = None) -> None:
        """`overrides`: kind and field to the modes in which the field alone is indexed; the field `*` stands for all others."""
        self.composite = tuple(composite)
        self.overrides = dict(overrides or {})
        named = ((place, mode) for place, modes in self.overrides.items() if place[1] != "*" for mode in modes)
        self.single = tuple(Index(kind, (Part(name, mode),)) for (kind, name), mode in named)
        self._of = cache(lambda kind: [index for index in (*self.composite, *self.single) if index.kind == kind])
        self._indexed_fields = cache(lambda kind: {part.field for index in self._of(kind) for part in index.parts})
        self.answering = lru_cache(maxsize=1024)(self._answering)

    @classmethod
    def declared(cls) -> Indexes:
        """Those of firestore.indexes.json."""
        return cls.read(json.loads(DECLARED.read_text(encoding="utf-8")))

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Indexes:
        """Of the format's possibilities only what Terraform is given too; raises ValueError for anything else."""
        composite = []
        for index in content["indexes"]:
            _check_keys(index, "collectionGroup", "queryScope", "fields")
            composite.append(Index(index["collectionGroup"], tuple(map(_part, index["fields"]))))
        overrides: dict[tuple[str, str], tuple[Mode, ...]] = {}
        for override in content["fieldOverrides"]:
            _check_keys(override, "collectionGroup", "fieldPath", "indexes")
            place = override["collectionGroup"], override["fieldPath"]
            if place in overrides:
                raise ValueError(f"{place} is overridden twice")
            overrides[place] = tuple(_part({"fieldPath": place[1], **index}, scope=True).mode for index in override["indexes"])
        if len(set(composite)) < len(composite):
            raise ValueError("an index is declared twice")
        return cls(composite, overrides)

    def of_field(self, kind: str, name: str) -> tuple[Mode, ...]:
        """The modes in which a field is indexed alone."""
        return self.overrides.get((kind, name), self.overrides.get((kind, "*"), _AUTOMATIC))

    def require(self, shape: Shape) -> tuple[Index, ...]:
        """The fewest indexes that answer such a query together. Raises IndexMissing."""
        found = self.answering(shape)
        if found is None:
            lines = "\n".join(self._lacking(shape))
            raise IndexMissing(f"Firestore has no index for the query {shape}\nadd to {DECLARED.name}:\n{lines}")
        return found

    def check_document(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Raise IndexMissing unless the collection is declared and what is indexed of these fields keeps to Firestore's limits."""
        if (kind, "*") not in self.overrides:
            line = {"collectionGroup": kind, "fieldPath": "*", "indexes": []}
            raise IndexMissing(
                f"{kind} is not declared, so all of its fields would be indexed; add to {DECLARED.name}:\n{json.dumps(line)}"
            )
        for name in self._indexed_fields(kind) & fields.keys():
            value = fields[name]
            for text in value if isinstance(value, list) else (value,):
                if isinstance(text, str | bytes) and len(text if isinstance(text, bytes) else text.encode()) > MAX_INDEXED_BYTES:
                    raise IndexMissing(f"{kind}.{name} is indexed, so a value may take {MAX_INDEXED_BYTES:,} bytes, not more")
        entries = sum(_entries(index, fields) for index in self._of(kind))
        if entries > MAX_ENTRIES:
            raise IndexMissing(f"a document of {kind} would have {entries:,} index entries; at most {MAX_ENTRIES:,}")

    def _answering(self, shape: Shape) -> tuple[Index, ...] | None:
        if not shape.equal and not shape.tail:
            return ()
        names = sorted({part.field for part in (*shape.equal, *shape.tail)})
        single = [Index(shape.kind, (Part(name, mode),)) for name in names for mode in self.of_field(shape.kind, name)]
        composite = [index for index in self.composite if index.kind == shape.kind]
        useful = {index: held for index in (*composite, *single) if (held := _held(index, shape)) is not None}
        # A vector index is not merged with others.
        most = 1 if shape.tail and shape.tail[-1].mode == "VECTOR" else max(1, len(shape.equal))
        for count in range(1, most + 1):
            for together in combinations(useful, count):
                if frozenset[Part]().union(*(useful[index] for index in together)) == shape.equal:
                    return together
        return None

    def _lacking(self, shape: Shape) -> Iterator[str]:
        """The lines that would let the query be answered."""
        if twice := {part.field for part in shape.equal} & {part.field for part in shape.tail}:
            yield f"(none helps: {', '.join(sorted(twice))} must be equal, so leave it out of the order)"
            return
        if shape.tail and shape.tail[-1].mode == "VECTOR":
            yield json.dumps(Index(shape.kind, (*_sorted(shape.equal), *shape.tail)).as_json())
            return
        covered = frozenset[Part]().union(*(_held(index, shape) or () for index in self._of(shape.kind)))
        for part in _sorted(shape.equal - covered):
            yield self._line(shape.kind, (part, *shape.tail))
        if not shape.equal:
            yield self._line(shape.kind, shape.tail)

    def _line(self, kind: str, parts: tuple[Part, ...]) -> str:
        if len(parts) > 1:
            return json.dumps(Index(kind, parts).as_json())
        (part,) = parts
        modes = dict.fromkeys((*self.of_field(kind, part.field), part.mode))
        indexes = [{"arrayConfig" if mode == "CONTAINS" else "order": mode, "queryScope": "COLLECTION"} for mode in modes]
        return json.dumps({"collectionGroup": kind, "fieldPath": part.field, "indexes": indexes})


def _held(index: Index, shape: Shape) -> frozenset[Part] | None:
    """Which of the equal fields the index holds before the query's order; None when it is of no use."""
    head = index.parts[: len(index.parts) - len(shape.tail)]
    if index.parts[len(head) :] != shape.tail:
        return None
    if not shape.tail and head[-1].mode == "DESCENDING":
        # Its ids go downwards, and a query without an order is answered upwards.
        return None
    held = frozenset(Part(part.field, "ASCENDING") if part.mode == "DESCENDING" else part for part in head)
    return held if held <= shape.equal else None


def _entries(index: Index, fields: Mapping[str, Any]) -> int:
    """How many entries an index holds of a document: one, or one for each element of a list."""
    lists = (fields.get(part.field) for part in index.parts if part.mode == "CONTAINS")
    return prod(len(elements) for elements in lists if isinstance(elements, list))


def _sorted(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.field)


def _part(field: Mapping[str, Any], *, scope: bool = False) -> Part:
    way = next((key for key in ("order", "arrayConfig", "vectorConfig") if key in field), "order")
    _check_keys(field, "fieldPath", way, *(("queryScope",) if scope else ()))
    if field["fieldPath"] == "__name__":
        raise ValueError("leave __name__ out: Firestore adds it, in the direction of the last field")
    if way == "vectorConfig":
        return Part(field["fieldPath"], "VECTOR")
    mode: Mode | None = next((mode for mode in _AUTOMATIC if mode == field[way]), None)
    if mode is None or (mode == "CONTAINS") != (way == "arrayConfig"):
        raise ValueError(f"{dict(field)}: {field[way]} is no {way}")
    return Part(field["fieldPath"], mode)


def _check_keys(found: Mapping[str, Any], *keys: str) -> None:
    if found.keys() != set(keys) or found.get("queryScope", "COLLECTION") != "COLLECTION":
        raise ValueError(f"{dict(found)}: it must have {', '.join(keys)}, and as queryScope only COLLECTION")
