"""Queries of Documents as Firestore's StructuredQuery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from google.cloud.firestore_v1.types import query as query_types

from shared.adapters import documents_rules as rules
from shared.adapters.firestore.values import fill
from shared.kit.documents import Order, Vector, Where

_Query: Final[Any] = query_types.StructuredQuery.pb()
_Filter: Final[Any] = query_types.StructuredQuery.Filter.pb()
_ASCENDING: Final = int(query_types.StructuredQuery.Direction.ASCENDING)
_DESCENDING: Final = int(query_types.StructuredQuery.Direction.DESCENDING)
_AND: Final = int(query_types.StructuredQuery.CompositeFilter.Operator.AND)
_IS_NULL: Final = int(query_types.StructuredQuery.UnaryFilter.Operator.IS_NULL)
_COSINE: Final = int(query_types.StructuredQuery.FindNearest.DistanceMeasure.COSINE)
_OPERATORS: Final = {
    written: int(getattr(query_types.StructuredQuery.FieldFilter.Operator, name))
    for written, name in {
        "==": "EQUAL",
        "<": "LESS_THAN",
        "<=": "LESS_THAN_OR_EQUAL",
        ">": "GREATER_THAN",
        ">=": "GREATER_THAN_OR_EQUAL",
        "in": "IN",
        "array_contains": "ARRAY_CONTAINS",
    }.items()
}


def structured(collection_id: str, where: Sequence[Where]) -> Any:
    """The query for the direct children of a collection that meet every condition."""
    query = _Query()
    query.from_.add().collection_id = collection_id
    if len(where) == 1:
        _set_filter(query.where, where[0])
    elif where:
        query.where.composite_filter.op = _AND
        for condition in where:
            _set_filter(query.where.composite_filter.filters.add(), condition)
    return query


def add_order(query: Any, order: Sequence[Order], limit: int) -> None:
    """Sort by the fields and then by the name, in the direction of the last field."""
    for by in order:
        _add_order(query, by.field, by.descending)
    _add_order(query, "__name__", order[-1].descending if order else False)
    query.limit.value = limit


def add_place(query: Any, after: Sequence[Any], collection: str) -> None:
    """Start behind a place: the values of the order fields, then the document id in `collection`, a full resource name."""
    query.start_at.before = False
    for value in after[:-1]:
        fill(query.start_at.values.add(), value)
    query.start_at.values.add().reference_value = f"{collection}/{after[-1]}"


def add_projection(query: Any, fields: Sequence[str]) -> None:
    """Read only these fields; none at all still reads the name and times."""
    for name in fields or ("__name__",):
        query.select.fields.add().field_path = name


def add_nearest(query: Any, field: str, vector: Sequence[float], limit: int) -> None:
    nearest = query.find_nearest
    nearest.vector_field.field_path = field
    fill(nearest.query_vector, Vector(tuple(vector)))
    nearest.distance_measure = _COSINE
    nearest.limit.value = limit
    nearest.distance_result_field = rules.DISTANCE_FIELD


def _set_filter(message: Any, condition: Where) -> None:
    if condition.value is None:
        message.unary_filter.op = _IS_NULL
        message.unary_filter.field.field_path = condition.field
        return
    message.field_filter.field.field_path = condition.field
    message.field_filter.op = _OPERATORS[condition.op]
    fill(message.field_filter.value, list(condition.value) if condition.op == "in" else condition.value)


def _add_order(query: Any, field: str, descending: bool) -> None:
    entry = query.order_by.add()
    entry.field.field_path = field
    entry.direction = _DESCENDING if descending else _ASCENDING
