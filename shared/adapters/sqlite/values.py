"""How a document is written into a row: a JSON body, its vectors as raw doubles, and for each field a key that sorts as Firestore does."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from shared.kit.documents import Vector

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_YEAR_ONE: Final = 62_135_596_800_000_000
"""Microseconds from the start of the year 1 to 1970: added, so that every datetime sorts as a plain number of digits."""

_SPECIAL: Final = ""
"""Below this key of the body stand the fields that JSON alone cannot say; it is never a field name."""

_KEY_CHARACTERS: Final = 1_501
"""One more than a condition may compare with: a longer text sorts by its start and equals no operand."""

NO_KEYS: Final = ("g", "h", "i")
"""The keys of a list, a Vector and a dict: they sort behind all other values, in no particular order among their like."""


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@dataclass(slots=True)
class Body:
    """A document on its way into or out of a row: JSON fields as they are, special ones tagged, vectors apart."""

    plain: dict[str, Any] = field(default_factory=dict)
    special: dict[str, Any] = field(default_factory=dict)
    vectors: dict[str, Vector] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, body: bytes, vectors: bytes | None, keys: str = "{}") -> Body:
        plain = orjson.loads(body)
        special = plain.pop(_SPECIAL, None) or {}
        return cls(plain, special, {} if vectors is None else _read_vectors(vectors), orjson.loads(keys))

    def set(self, name: str, value: Any, is_special: bool) -> None:
        """Give the field a value that `measure_field` passed; `is_special` is what it said of it."""
        self.plain.pop(name, None)
        self.special.pop(name, None)
        self.vectors.pop(name, None)
        if isinstance(value, Vector):
            self.vectors[name] = value
        elif is_special:
            self.special[name] = _tag(value)
        else:
            self.plain[name] = value
        self.keys[name] = sort_key(value)

    def get(self, name: str) -> Any:
        """The field's value, or None when it has none."""
        if name in self.plain:
            return self.plain[name]
        if name in self.special:
            return _untag(self.special[name])
        return self.vectors.get(name)

    def fields(self) -> dict[str, Any]:
        """All fields; the body must not be used any more."""
        fields = self.plain
        for name, value in self.special.items():
            fields[name] = _untag(value)
        fields.update(self.vectors)
        return fields

    def columns(self) -> tuple[bytes, bytes | None, str]:
        """What goes into the columns body, vectors and keys."""
        content = {**self.plain, _SPECIAL: self.special} if self.special else self.plain
        return orjson.dumps(content), _write_vectors(self.vectors), orjson.dumps(self.keys).decode()


def sort_key(value: Any) -> str:
    """A text whose order, compared character by character, is Firestore's order of values across types.

    https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering
    """
    if isinstance(value, str):
        return "e" + _without_nul(value[:_KEY_CHARACTERS])
    if value is None:
        return "a"
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, int | float):
        return _number_key(value)
    if isinstance(value, datetime):
        return f"d{to_micros(value) + _YEAR_ONE:020d}"
    if isinstance(value, bytes):
        return "f" + value[:_KEY_CHARACTERS].hex()
    if isinstance(value, list):
        return "g"
    return "h" if isinstance(value, Vector) else "i"


def _without_nul(text: str) -> str:
    """SQLite's JSON functions end a text at a NUL: this puts two other characters in its place and keeps the order of texts."""
    if "\0" in text or "\1" in text:
        return text.replace("\1", "\1\2").replace("\0", "\1\1")
    return text


def _number_key(value: float) -> str:
    """Integers and floats in one order: the double's bits, flipped to sort, then what the double could not hold of an integer."""
    nearest = float(value) + 0.0  # 0.0 and -0.0 are one number.
    bits = int.from_bytes(struct.pack(">d", nearest), "big")
    bits = bits ^ 0xFFFF_FFFF_FFFF_FFFF if bits >> 63 else bits | 1 << 63
    rest = value - int(nearest) if isinstance(value, int) else 0
    return f"c{bits:016x}{rest + 0x8000:04x}"


def contains(body: bytes, name: str, key: str) -> bool:
    """Whether the field is a list with an element of this sort key."""
    value = Body.read(body, None).get(name)
    return isinstance(value, list) and any(sort_key(element) == key for element in value)


def vector_of(packed: bytes, name: str) -> bytes | None:
    """The raw doubles of one vector of the column, without building a Vector."""
    for found, raw in _split_vectors(packed):
        if found == name:
            return raw
    return None


def _read_vectors(packed: bytes) -> dict[str, Vector]:
    return {name: Vector(struct.unpack(f"<{len(raw) // 8}d", raw)) for name, raw in _split_vectors(packed)}


def _split_vectors(packed: bytes) -> Iterable[tuple[str, bytes]]:
    """The column holds, one behind the other: name, a line break, count, a line break, count little-endian doubles."""
    start = 0
    while start < len(packed):
        middle = packed.index(b"\n", start)
        end = packed.index(b"\n", middle + 1) + 1
        stop = end + 8 * int(packed[middle + 1 : end])
        yield packed[start:middle].decode(), packed[end:stop]
        start = stop


def _write_vectors(vectors: dict[str, Vector]) -> bytes | None:
    if not vectors:
        return None
    parts = []
    for name, vector in vectors.items():
        count = len(vector.values)
        parts.append(f"{name}\n{count}\n".encode() + struct.pack(f"<{count}d", *vector.values))
    return b"".join(parts)


def _tag(value: Any) -> Any:
    """JSON that says bytes and datetimes as {"$b": base64} and {"$t": microseconds}; a key's own leading $ is doubled."""
    if isinstance(value, bytes):
        return {"$b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$t": to_micros(value)}
    if isinstance(value, list):
        return [_tag(element) for element in value]
    if isinstance(value, dict):
        return {f"${key}" if key.startswith("$") else key: _tag(element) for key, element in value.items()}
    return value


def _untag(value: Any) -> Any:
    if isinstance(value, list):
        return [_untag(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$t" in value:
        return from_micros(value["$t"])
    if "$b" in value:
        return base64.b64decode(value["$b"])
    return {key[1:] if key.startswith("$") else key: _untag(element) for key, element in value.items()}
