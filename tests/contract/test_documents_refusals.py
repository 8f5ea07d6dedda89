"""The port of documents: what every adapter refuses, before anything is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, DocumentStore, Increment, Order, Patch, Put, Vector, Where
from shared.kit.errors import Invalid, TooLarge, Unprocessable

NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)

ESCAPES = [
    "",
    "/",
    "things",
    "things/",
    "/things/t",
    "things//t",
    "things/t/",
    "things/t/parts",
    "things/..",
    "things/.",
    "../things",
    "things/../../w2/things/t",
    "things/__x__",
    "__x__/t",
    "things/t\n",
    "things/t\u0000",
    "things/żółw",
    "things/a b",
    "things/a%2Fb",
    "things/a\\b",
    "things/" + "x" * 1500,
]


@pytest.mark.parametrize("path", ESCAPES, ids=ascii)
def test_a_path_that_names_no_document_is_refused(documents: Documents, path: str) -> None:
    for write in (Create(path, {}), Put(path, {}), Patch(path, {}, upsert=True), Delete(path)):
        with pytest.raises(Invalid):
            documents.commit(Create("things/good", {}), write)
    with pytest.raises(Invalid):
        documents.get("things/good", path)
    assert documents.get("things/good") == [None]


@pytest.mark.parametrize(
    "path", ["", "things/t", "things/../w2", "things//parts", "..", ".", "/things", "things/", "__x__", "a b"], ids=ascii
)
def test_a_path_that_names_no_collection_is_refused(documents: Documents, path: str) -> None:
    with pytest.raises(Invalid):
        documents.query(path)
    with pytest.raises(Invalid):
        documents.count(path)
    with pytest.raises(Invalid):
        documents.nearest(path, "v", [1.0])


@pytest.mark.parametrize("root", ["", "workspaces", "workspaces/..", "workspaces/w1/x", "/workspaces/w1", "workspaces/__x__"])
def test_a_root_that_names_no_document_is_refused(document_store: DocumentStore, root: str) -> None:
    with pytest.raises(Invalid):
        document_store.open(root)


@pytest.mark.parametrize("name", ["", "a.b", "9a", "a-b", "ż", "a b", "__x__", "_commit", "_distance", "a\n", "x" * 1500], ids=ascii)
def test_a_name_that_cannot_be_a_field_is_refused(documents: Documents, name: str) -> None:
    with pytest.raises(Invalid):
        documents.commit(Create("things/t", {name: 1}))
    with pytest.raises(Invalid):
        documents.query("things", [Where(name, "==", 1)])
    with pytest.raises(Invalid):
        documents.query("things", order=[Order(name)])
    with pytest.raises(Invalid):
        documents.query("things", fields=[name])
    with pytest.raises(Invalid):
        documents.nearest("things", name, [1.0])


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        [1, float("-inf")],
        2**63,
        -(2**63) - 1,
        {"a": [2**64]},
        Increment(2**63),
        NAIVE,
        "\ud800",
        {"\ud800": 1},
        {"": 1},
        {"__x__": 1},
        {1: "a"},
        {"a" * 900: {"b" * 900: 1}},
        [[1]],
        {"a": [[]]},
        nested(21),
        (1, 2),
        {1, 2},
        complex(1, 2),
        [SERVER_TIME],
        {"a": Increment(1)},
        [Vector((1.0,))],
        {"a": Vector((1.0,))},
        Vector(()),
        Vector((1.0,) * 2049),
        Vector((0.0, 0.0)),
        Vector((1.0, float("nan"))),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_value_that_cannot_be_stored_is_refused_with_its_field(documents: Documents, value: Any) -> None:
    for write in (Create, Put, Patch):
        with pytest.raises(Unprocessable) as refused:
            documents.commit(Create("things/good", {}), write("things/t", {"fine": 1, "odd": value}))
        assert [name for name, _ in refused.value.fields] == ["odd"]
    assert documents.get("things/good", "things/t") == [None, None]


def test_values_at_the_limits_are_stored(documents: Documents) -> None:
    fields = {"deep": nested(20), "long_keys": {"a" * 450: {"b" * 450: 1}}, "wide": Vector((1.0,) * 2048)}
    documents.commit(Create("things/t", fields))
    (found,) = documents.get("things/t")
    assert found is not None
    assert found.fields == fields


def test_a_document_over_a_mebibyte_is_refused(documents: Documents) -> None:
    half = "x" * 500_000
    documents.commit(Create("things/t", {"a": half, "b": half}))
    for value in ("x" * 50_000, b"x" * 50_000, [1] * 6_250, {"k": "x" * 50_000}, "ż" * 25_000):
        with pytest.raises(TooLarge):
            documents.commit(Create("things/new", {"a": half, "b": half, "c": value}))
        with pytest.raises(TooLarge):
            documents.commit(Create("things/other", {}), Patch("things/t", {"c": value}))
    for value in ("x" * 1_048_488, b"x" * 1_048_488):
        with pytest.raises(TooLarge):
            documents.commit(Create("things/new", {"a": value}))
    assert documents.get("things/new", "things/other") == [None, None]
    (found,) = documents.get("things/t")
    assert found is not None
    assert set(found.fields) == {"a", "b"}


def test_the_largest_document_is_the_same_to_the_byte(documents: Documents) -> None:
    # 1,048,576 less name (workspaces/w1/things/t: 22 + 1 + 16), document (32), hidden field (8 + 12) and the names and ends of texts.
    room = 1_048_576 - 39 - 32 - 20 - 2 * (2 + 1) - 500_000
    with pytest.raises(TooLarge):
        documents.commit(Create("things/t", {"a": "x" * 500_000, "b": "x" * (room + 1)}))
    documents.commit(Create("things/t", {"a": "x" * 500_000, "b": "x" * room}))
    documents.commit(Patch("things/t", {"a": "y" * 500_000}))
    with pytest.raises(TooLarge):
        documents.commit(Patch("things/t", {"a": "x" * 500_001}))


def test_a_commit_takes_200_documents_and_three_megabytes(documents: Documents) -> None:
    writes = [Create(f"things/{n}", {"text": "x" * 10_000}) for n in range(201)]
    with pytest.raises(Invalid):
        documents.commit(*writes)
    documents.commit(*writes[:200])
    assert documents.count("things") == 200
    with pytest.raises(TooLarge):
        documents.commit(*(Create(f"large/{n}", {"text": "x" * 800_000}) for n in range(4)))
    assert documents.count("large") == 0


def test_writes_that_cannot_go_together_are_refused(documents: Documents) -> None:
    for writes in (
        [Create("things/t", {}), Delete("things/t")],
        [Patch("things/t", {}, if_version=1, upsert=True)],
        [Patch("things/t", {}, if_version=-1)],
        [Delete("things/t", if_version=2**63)],
    ):
        with pytest.raises(Invalid):
            documents.commit(*writes)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"where": [Where("a", "<", None)]},
        {"where": [Where("a", "==", [1])]},
        {"where": [Where("a", "==", {"b": 1})]},
        {"where": [Where("a", "==", float("nan"))]},
        {"where": [Where("a", "==", NAIVE)]},
        {"where": [Where("a", "==", "x" * 1501)]},
        {"where": [Where("a", "in", [])]},
        {"where": [Where("a", "in", [None])]},
        {"where": [Where("a", "in", "abc")]},
        {"where": [Where("a", "in", list(range(31)))]},
        {"where": [Where("a", "in", list(range(6))), Where("b", "in", list(range(6)))]},
        {"where": [Where("a", "array_contains", 1), Where("b", "array_contains", 1)]},
        {"where": [Where("a", "array_contains", None)]},
        {"where": [Where("a", ">", 1), Where("b", "<", 1)], "order": [Order("a")]},
        {"where": [Where("a", ">", 1)]},
        {"where": [Where("a", ">", 1)], "order": [Order("b"), Order("a")]},
        {"order": [Order("a"), Order("a", True)]},
        {"after": []},
        {"after": [1]},
        {"after": ["a", "b"]},
        {"after": ["../x"]},
        {"order": [Order("a")], "after": [[1], "x"]},
        {"order": [Order("a")], "after": ["x"]},
    ],
    ids=lambda query: repr(query)[:60],
)
def test_a_query_that_not_every_database_could_answer_is_refused(documents: Documents, query: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        documents.query("things", **query)


def test_a_search_that_not_every_database_could_answer_is_refused(documents: Documents) -> None:
    for where, vector, limit in (
        ([Where("a", "<", 1)], [1.0], 10),
        ([Where("a", "in", [1])], [1.0], 10),
        ([], [], 10),
        ([], [0.0], 10),
        ([], [1.0] * 2049, 10),
        ([], [1.0], 0),
        ([], [1.0], 1001),
    ):
        with pytest.raises(Invalid):
            documents.nearest("things", "v", vector, where, limit)
