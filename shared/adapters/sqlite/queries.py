# ruff: noqa: S608  What is written into a statement is a field name or path segment that passed the rules; values are parameters.
"""The SQL of Documents: statements over the sort keys, and the indexes that keep them from reading a whole collection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.adapters.sqlite.values import sort_key
from shared.kit.documents import Order, Where

COLUMNS: Final = "id, created, updated, vectors, body"
BY_PATH: Final = f"SELECT parent, {COLUMNS} FROM documents WHERE parent = ? AND id = ?"
TO_PATCH: Final = "SELECT updated, size, keys, vectors, body FROM documents WHERE parent = ? AND id = ?"
UPDATE: Final = "UPDATE documents SET updated = ?, size = ?, keys = ?, vectors = ?, body = ? WHERE parent = ? AND id = ?"
DELETE: Final = "DELETE FROM documents WHERE parent = ? AND id = ?"
DELETE_AT_VERSION: Final = f"{DELETE} AND updated = ?"
_VALUES: Final = "INSERT INTO documents (parent, id, kind, created, updated, size, keys, vectors, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT: Final = f"{_VALUES} ON CONFLICT (parent, id) DO NOTHING"
INSERT_OR_REPLACE: Final = f"""{_VALUES} ON CONFLICT (parent, id) DO UPDATE
    SET updated = excluded.updated, size = excluded.size, keys = excluded.keys, vectors = excluded.vectors, body = excluded.body"""


@dataclass(slots=True)
class _Conditions:
    """The WHERE part of a statement with its parameters."""

    terms: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, term: str, *parameters: Any) -> None:
        self.terms.append(term)
        self.parameters.extend(parameters)

    def __str__(self) -> str:
        return " AND ".join(self.terms)


def by_paths(count: int) -> str:
    """The documents at `count` places, each a parent and an id; rows are the parent and COLUMNS."""
    if count == 1:
        return BY_PATH
    # A join with the wanted places looks each up in the path's index.
    wanted = ", ".join(["(?, ?)"] * count)
    return f"WITH wanted (p, i) AS (VALUES {wanted}) SELECT parent, {COLUMNS} FROM wanted JOIN documents ON parent = p AND id = i"


def count(parent: str, where: Sequence[Where]) -> tuple[str, list[Any]]:
    """One row with one number."""
    found = _conditions(parent, where)
    return f"SELECT COUNT(*) FROM documents WHERE {found}", found.parameters


def vectors(parent: str, where: Sequence[Where]) -> tuple[str, list[Any]]:
    """Rows of id and the column of vectors, in the order of ids."""
    found = _conditions(parent, where)
    return f"SELECT id, vectors FROM documents WHERE {found} AND vectors IS NOT NULL ORDER BY id", found.parameters


def _conditions(parent: str, where: Sequence[Where]) -> _Conditions:
    """The documents of a collection that meet every condition, by the keys' order: a document without the field never matches."""
    found = _Conditions()
    # The kind is written out, for only then SQLite sees that an index of this kind answers the query; it passed the path rules.
    found.add(f"kind = '{kind_of(parent)}'")
    found.add("parent = ?", parent)
    for condition in where:
        key = _key(condition.field)
        if condition.op == "in":
            marks = ", ".join("?" * len(condition.value))
            found.add(f"{key} IN ({marks})", *(sort_key(value) for value in condition.value))
        elif condition.op == "array_contains":
            found.add(f"{key} = 'g' AND list_contains(body, ?, ?)", condition.field, sort_key(condition.value))
        elif condition.op == "==":
            found.add(f"{key} = ?", sort_key(condition.value))
        else:
            operand = sort_key(condition.value)
            found.add(f"{key} {condition.op} ?", operand)
            # Only values of the operand's own type match; the first character of a key is its type.
            if condition.op in ("<", "<="):
                found.add(f"{key} >= ?", operand[0])
            else:
                found.add(f"{key} < ?", chr(ord(operand[0]) + 1))
    return found


def select(parent: str, where: Sequence[Where], order: Sequence[Order], limit: int, after: Sequence[Any] | None) -> tuple[str, list[Any]]:
    """The statement and parameters of a query; rows are COLUMNS."""
    found = _conditions(parent, where)
    keys = [(_key(by.field), by.descending) for by in order]
    for key, _ in keys:
        found.add(f"{key} IS NOT NULL")
    keys.append(("id", order[-1].descending if order else False))
    if after is not None:
        _add_place(found, keys, [*map(sort_key, after[:-1]), after[-1]])
    sorting = ", ".join(f"{key} DESC" if descending else key for key, descending in keys)
    return f"SELECT {COLUMNS} FROM documents WHERE {found} ORDER BY {sorting} LIMIT ?", [*found.parameters, limit]


def index_for(kind: str, where: Sequence[Where], order: Sequence[Order]) -> str | None:
    """The statement that makes this shape of query a walk through an index; None where the path's own index does.

    Fields held equal come first, then the order, then the id. The index holds one kind of collection only, so writes elsewhere
    do not pay for it; a write pays about 2 µs per index of its kind.
    """
    by = {each.field: each.descending for each in order}
    equal = sorted({each.field for each in where if each.op in ("==", "in") and each.field not in by})
    unequal = [each.field for each in where if each.op not in ("==", "in", "array_contains") and each.field not in by]
    names = [*equal, *by, *unequal[:1]]
    if not names:
        return None
    mixed = len(set(by.values())) > 1
    columns = [f"{_key(name)}{' DESC' if mixed and by.get(name) else ''}" for name in names]
    columns.append("id DESC" if mixed and order[-1].descending else "id")
    text = ", ".join(columns)
    name = hashlib.sha256(f"{kind} {text}".encode()).hexdigest()[:16]
    return f"CREATE INDEX IF NOT EXISTS by_{name} ON documents (parent, {text}) WHERE kind = '{kind}'"


def kind_of(parent: str) -> str:
    """The last segment of a collection's path: `runs` of `workspaces/w1/sessions/s1/runs`."""
    return parent.rpartition("/")[2]


def _key(name: str) -> str:
    return f"json_extract(keys, '$.{name}')"


def _add_place(found: _Conditions, keys: list[tuple[str, bool]], place: list[Any]) -> None:
    """Only what sorts behind `place`."""
    if len({descending for _, descending in keys}) == 1:
        names, marks = ", ".join(key for key, _ in keys), ", ".join("?" * len(place))
        found.add(f"({names}) {'<' if keys[0][1] else '>'} ({marks})", *place)
        return
    alternatives = []
    parameters: list[Any] = []
    for depth, (key, descending) in enumerate(keys):
        equal = [f"{earlier} = ?" for earlier, _ in keys[:depth]]
        alternatives.append(" AND ".join([*equal, f"{key} {'<' if descending else '>'} ?"]))
        parameters.extend(place[: depth + 1])
    found.add("(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")", *parameters)
