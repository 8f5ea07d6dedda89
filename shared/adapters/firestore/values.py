"""Documents to and from Firestore's protobuf messages.

Written on the bare messages, because the library's own wrappers cost several times as much CPU per field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.cloud.firestore_v1.types import document as document_types

from shared.adapters import documents_rules as rules
from shared.kit.documents import Snapshot, Vector

ValueMessage: Final[Any] = document_types.Value.pb()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_VECTOR_TYPE: Final = "__vector__"


def encode(value: Any) -> Any:
    """The Value message of a value that passed the rules."""
    message = ValueMessage()
    fill(message, value)
    return message


def fill(message: Any, value: Any) -> None:
    """Make the Value `message` say `value`."""
    if isinstance(value, str):
        message.string_value = value
    elif value is None:
        message.null_value = 0
    elif isinstance(value, bool):
        message.boolean_value = value
    elif isinstance(value, int):
        message.integer_value = value
    elif isinstance(value, float):
        message.double_value = value
    elif isinstance(value, dict):
        message.map_value.SetInParent()
        fields = message.map_value.fields
        for key, element in value.items():
            fill(fields[key], element)
    elif isinstance(value, list):
        message.array_value.SetInParent()
        elements = message.array_value.values
        for element in value:
            fill(elements.add(), element)
    elif isinstance(value, bytes):
        message.bytes_value = value
    elif isinstance(value, datetime):
        message.timestamp_value.SetInParent()
        set_timestamp(message.timestamp_value, to_micros(value))
    else:
        _fill_vector(message, value)


def decode(message: Any) -> Any:
    """The value that a Value message says."""
    kind = message.WhichOneof("value_type")
    if kind == "map_value":
        fields = message.map_value.fields
        if "__type__" in fields and fields["__type__"].string_value == _VECTOR_TYPE:
            return Vector(tuple(element.double_value for element in fields["value"].array_value.values))
        return {key: decode(element) for key, element in fields.items()}
    if kind == "array_value":
        return [decode(element) for element in message.array_value.values]
    if kind == "timestamp_value":
        return from_micros(micros_of(message.timestamp_value))
    if kind == "null_value":
        return None
    return getattr(message, kind)


def decode_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document, without the hidden ones."""
    return {name: decode(value) for name, value in fields.items() if name not in (rules.HIDDEN_FIELD, rules.DISTANCE_FIELD)}


def snapshot(document: Any, read_time: Any, prefix: str) -> Snapshot:
    """The Snapshot of a Document message; `prefix` is what its name has before the path."""
    version = micros_of(document.update_time)
    return Snapshot(
        path=document.name[len(prefix) :],
        fields=decode_fields(document.fields),
        version=version,
        created_at=from_micros(micros_of(document.create_time)),
        updated_at=from_micros(version),
        read_at=from_micros(micros_of(read_time)),
    )


def to_micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(timestamp: Any) -> int:
    """Microseconds since 1970; Firestore keeps no finer time."""
    return int(timestamp.seconds * 1_000_000 + timestamp.nanos // 1_000)


def set_timestamp(timestamp: Any, micros: int) -> None:
    timestamp.seconds, rest = divmod(micros, 1_000_000)
    timestamp.nanos = rest * 1_000


def _fill_vector(message: Any, vector: Vector) -> None:
    fields = message.map_value.fields
    fields["__type__"].string_value = _VECTOR_TYPE
    elements = fields["value"].array_value.values
    for number in vector.values:
        elements.add().double_value = number
