"""What every adapter of Documents refuses, and how it measures: so that a document or query fits all of them or none.

The limits are Firestore's (https://firebase.google.com/docs/firestore/quotas), the sizes as Firestore counts them
(https://firebase.google.com/docs/firestore/storage-size); both were compared with the emulator to the byte.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from shared.kit.documents import SERVER_TIME, Delete, Increment, Order, Patch, Vector, Where, Write
from shared.kit.errors import Invalid, TooLarge, Unprocessable

HIDDEN_FIELD: Final = "_commit"
"""The field in which Firestore documents carry the mark of their last commit; never handed out, not for callers."""

DISTANCE_FIELD: Final = "_distance"
"""The field name under which Firestore answers the distance of a neighbour; not for callers."""

MAX_DOCUMENT_BYTES: Final = 1_048_576
MAX_VALUE_BYTES: Final = 1_048_487
MAX_COMMIT_BYTES: Final = 3_000_000
"""The emulator takes requests of 4 MiB; a vector's element is measured as 8 bytes and sent as 11."""

MAX_WRITES: Final = 200
MAX_CONDITION_BYTES: Final = 1_500
_HIDDEN_BYTES: Final = len(HIDDEN_FIELD) + 1 + 12
_MAX_DEPTH: Final = 20
_MAX_NAME_BYTES: Final = 1_000
"""All names on the way to a value together; the emulator refuses from about 1,500 with the separators it counts."""

_INT_LIMIT: Final = 2**63
_LAST_VERSION: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""

_SEGMENT: Final = r"(?!\.\.?(?:/|\Z))(?!__[^/]*__(?:/|\Z))[A-Za-z0-9_.:@~-]+"
_DOCUMENT: Final = re.compile(rf"{_SEGMENT}/{_SEGMENT}(?:/{_SEGMENT}/{_SEGMENT})*")
_COLLECTION: Final = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}/{_SEGMENT})*")
_MAX_PATH: Final = 1_500
_FIELD: Final = re.compile(r"(?!__.+__\Z)[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = re.compile(r"__.+__", re.DOTALL)
_INEQUALITIES: Final = frozenset({"<", "<=", ">", ">="})


Measured = dict[str, tuple[int, bool]]
"""Of each field: its bytes, and whether JSON alone cannot say its value."""


class _Unfit(Exception):
    """Why a value cannot be stored."""


def check_document_path(path: str) -> None:
    """Raise Invalid unless `path` names a document: an even number of safe segments."""
    if len(path) > _MAX_PATH or not _DOCUMENT.fullmatch(path):
        raise Invalid(f"{path[:200]!r} is not a document path: collection/id, repeated, each of A-Z a-z 0-9 _ . : @ ~ -")


def check_collection_path(path: str) -> None:
    """Raise Invalid unless `path` names a collection: an odd number of safe segments."""
    if len(path) > _MAX_PATH or not _COLLECTION.fullmatch(path):
        raise Invalid(f"{path[:200]!r} is not a collection path: an odd number of segments, each of A-Z a-z 0-9 _ . : @ ~ -")


def check_field(name: str) -> None:
    """Raise Invalid unless `name` can be a top-level field."""
    if not _FIELD.fullmatch(name) or len(name) >= _MAX_NAME_BYTES or name in (HIDDEN_FIELD, DISTANCE_FIELD):
        raise Invalid(f"{name[:200]!r} cannot be a field name")


def measure_field(name: str, value: Any) -> tuple[int, bool]:
    """The bytes that a field takes, and whether JSON alone cannot say its value (bytes, datetime, Vector inside).

    Increment and SERVER_TIME are measured as what they become. Raises Invalid, TooLarge or Unprocessable, naming the field.
    """
    check_field(name)
    if value is SERVER_TIME:
        return len(name) + 1 + 8, True
    special: list[Any] = []
    try:
        if isinstance(value, Increment):
            _measure_integer(value.by)
            size = 8
        elif isinstance(value, Vector):
            size = _measure_vector(value)
            special.append(value)
        else:
            size = _measure(value, 0, len(name), special)
    except _Unfit as unfit:
        raise Unprocessable(f"{name}: {unfit}", fields=((name, str(unfit)),)) from None
    return len(name) + 1 + size, bool(special)


def name_bytes(path: str) -> int:
    """What a document takes besides its fields, hidden ones included; `path` is the full path, with the root."""
    return len(path) + 1 + 16 + 32 + _HIDDEN_BYTES


def check_document_bytes(path: str, size: int) -> None:
    if size > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"{path} would take {size:,} bytes; a document holds at most {MAX_DOCUMENT_BYTES:,}")


def check_commit(root: str, writes: Sequence[Write]) -> list[Measured]:
    """What each write's fields take. Raises Invalid unless the writes may go together; TooLarge when one or all of them are too large."""
    if len(writes) > MAX_WRITES:
        raise Invalid(f"a commit takes at most {MAX_WRITES} writes, not {len(writes)}")
    if len({write.path for write in writes}) < len(writes):
        raise Invalid("a commit may name a document only once")
    total = 0
    measured: list[Measured] = []
    for write in writes:
        check_document_path(write.path)
        if isinstance(write, Patch | Delete) and write.if_version is not None:
            if not 0 <= write.if_version <= _LAST_VERSION:
                raise Invalid(f"{write.path}: {write.if_version} was never a version")
            if isinstance(write, Patch) and write.upsert:
                raise Invalid(f"{write.path}: upsert and if_version exclude each other")
        fields = {} if isinstance(write, Delete) else {name: measure_field(name, value) for name, value in write.fields.items()}
        size = name_bytes(f"{root}/{write.path}") + sum(each for each, _ in fields.values())
        check_document_bytes(write.path, size)
        measured.append(fields)
        total += size
    if total > MAX_COMMIT_BYTES:
        raise TooLarge(f"the documents of one commit would take {total:,} bytes; at most {MAX_COMMIT_BYTES:,} go together")
    return measured


def check_where(where: Sequence[Where]) -> None:
    """Raise Invalid unless the conditions may stand together in one query."""
    alternatives = 1
    for condition in where:
        check_field(condition.field)
        if condition.op == "in":
            if not isinstance(condition.value, list | tuple) or not 1 <= len(condition.value) <= 30:
                raise Invalid(f"{condition.field}: `in` takes a list of 1 to 30 values")
            alternatives *= len(condition.value)
            for value in condition.value:
                _check_operand(condition.field, value)
        elif condition.value is not None or condition.op != "==":
            _check_operand(condition.field, condition.value)
    if alternatives > 30:
        raise Invalid("the lists of all `in` conditions may combine to at most 30 alternatives")
    if sum(condition.op == "array_contains" for condition in where) > 1:
        raise Invalid("only one condition may be array_contains")
    if len({condition.field for condition in where if condition.op in _INEQUALITIES}) > 1:
        raise Invalid("inequalities may stand on one field only")


def check_query(
    where: Sequence[Where], order: Sequence[Order], limit: int, after: Sequence[Any] | None, fields: Sequence[str] | None
) -> None:
    """Raise Invalid unless this is a query that every adapter can answer."""
    check_where(where)
    names = [by.field for by in order]
    for name in (*names, *(fields or ())):
        check_field(name)
    if len(set(names)) < len(names):
        raise Invalid("a query may be ordered by a field only once")
    unequal = next((condition.field for condition in where if condition.op in _INEQUALITIES), None)
    if unequal is not None and (not names or names[0] != unequal):
        raise Invalid(f"{unequal} stands in an inequality, so the query must be ordered by it first")
    if limit < 1:
        raise Invalid("limit must be at least 1")
    if after is None:
        return
    if len(after) != len(order) + 1 or not isinstance(after[-1], str):
        raise Invalid("after takes one value for each order field and then the document id")
    check_document_path(f"c/{after[-1]}")
    for name, value in zip(names, after, strict=False):
        if value is not None:
            _check_operand(name, value)


def check_nearest(field: str, vector: Sequence[float], where: Sequence[Where], limit: int) -> None:
    """Raise Invalid unless this is a search that every adapter can answer."""
    check_field(field)
    check_where(where)
    if any(condition.op != "==" for condition in where):
        raise Invalid("nearest takes equality conditions only")
    if not 1 <= limit <= 1000:
        raise Invalid("limit must be 1 to 1,000")
    measure_field(field, Vector(tuple(vector)))


def _check_operand(field: str, value: Any) -> None:
    if not isinstance(value, bool | int | float | str | bytes | datetime):
        raise Invalid(f"{field}: a condition compares with a bool, number, str, bytes or datetime; `==` also with None")
    size, _ = measure_field(field, value)
    if isinstance(value, str | bytes) and size - len(field) - 2 > MAX_CONDITION_BYTES:
        raise Invalid(f"{field}: a condition compares with at most {MAX_CONDITION_BYTES:,} bytes")


def _measure(value: Any, depth: int, names: int, special: list[Any]) -> int:
    """The bytes of a value; `depth` counts the lists and dicts around it, `names` the bytes of the keys that lead to it.

    What JSON cannot say is added to `special`.
    """
    if isinstance(value, str):
        return _measure_text(value)
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int):
        return _measure_integer(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Unfit("a number must be finite")
        return 8
    if isinstance(value, dict | list) and depth == _MAX_DEPTH:
        raise _Unfit(f"a value may be nested {_MAX_DEPTH} levels deep")
    if isinstance(value, list):
        return _measure_list(value, depth + 1, names, special)
    if isinstance(value, dict):
        return _measure_dict(value, depth + 1, names, special)
    special.append(value)
    return _measure_special(value)


def _measure_special(value: Any) -> int:
    if isinstance(value, bytes):
        if len(value) > MAX_VALUE_BYTES:
            raise TooLarge(f"a value holds at most {MAX_VALUE_BYTES:,} bytes")
        return len(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _Unfit("a datetime must say its time zone")
        return 8
    if isinstance(value, Vector):
        raise _Unfit("a Vector must stand in a field of its own")
    raise _Unfit(f"{type(value).__name__} cannot be stored here")


def _measure_text(value: str) -> int:
    try:
        size = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError:
        raise _Unfit("a text must be valid Unicode, without lone surrogates") from None
    if size > MAX_VALUE_BYTES:
        raise TooLarge(f"a value holds at most {MAX_VALUE_BYTES:,} bytes")
    return size + 1


def _measure_integer(value: int) -> int:
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise _Unfit("an integer must fit into 64 bits")
    return 8


def _measure_vector(value: Vector) -> int:
    count = len(value.values)
    if not 1 <= count <= 2048:
        raise _Unfit("a Vector holds 1 to 2,048 numbers")
    # A vector without a direction has no cosine: Firestore answers NaN for it.
    if not 1e-150 < math.hypot(*value.values) < 1e150:
        raise _Unfit("a Vector must have a finite length above zero")
    return 8 * count


def _measure_list(value: list[Any], depth: int, names: int, special: list[Any]) -> int:
    size = 0
    for element in value:
        if isinstance(element, list):
            raise _Unfit("a list may not stand directly in a list; put a dict between them")
        size += _measure(element, depth, names, special)
    return size or 1


def _measure_dict(value: dict[Any, Any], depth: int, names: int, special: list[Any]) -> int:
    size = 0
    for key, element in value.items():
        if not isinstance(key, str) or not key or _RESERVED.fullmatch(key):
            raise _Unfit("a key must be a text, not empty and not like __this__")
        key_size = _measure_text(key)
        if names + key_size > _MAX_NAME_BYTES:
            raise _Unfit(f"the keys that lead to a value may take {_MAX_NAME_BYTES:,} bytes together")
        if key.startswith("$"):
            special.append(key)
        size += key_size + _measure(element, depth, names + key_size, special)
    return size or 1
