"""The port of documents: queries, counts and searches, the same in every adapter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kit.documents import SERVER_TIME, Create, Documents, Increment, Order, Patch, Put, Snapshot, Vector, Where

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)

MIXED: dict[str, Any] = {
    "none": None,
    "no": False,
    "yes": True,
    "minus": -2.5,
    "zero": 0,
    "one": 1,
    "one_float": 1.0,
    "big": 2**53,
    "big_and_one": 2**53 + 1,
    "early": datetime(1969, 1, 1, tzinfo=UTC),
    "noon": NOON,
    "empty": "",
    "capital": "Z",
    "text": "a",
    "nul": "a\u0000b",
    "longer": "ab",
    "accent": "ż",
    "turtle": "🐢",
    "no_bytes": b"",
    "bytes": b"\x00\xff",
    "list": [1, "a"],
}
"""Id to value of the field x, in Firestore's order of values."""


def ids(found: list[Snapshot]) -> list[str]:
    return [each.id for each in found]


@pytest.fixture
def mixed(documents: Documents) -> Documents:
    documents.commit(*(Create(f"things/{id_}", {"x": value}) for id_, value in reversed(MIXED.items())), Create("things/without", {"y": 1}))
    return documents


def test_values_of_all_types_stand_in_one_order(mixed: Documents) -> None:
    assert ids(mixed.query("things", order=[Order("x")])) == list(MIXED)


def test_descending_turns_the_order_of_values_and_of_ids(mixed: Documents) -> None:
    assert ids(mixed.query("things", order=[Order("x", descending=True)])) == list(reversed(MIXED))


def test_without_an_order_documents_come_by_id(mixed: Documents) -> None:
    assert ids(mixed.query("things")) == sorted([*MIXED, "without"])


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("==", None, ["none"]),
        ("==", True, ["yes"]),
        ("==", 1, ["one", "one_float"]),
        ("==", 0.0, ["zero"]),
        ("==", 2**53, ["big"]),
        ("==", "a", ["text"]),
        ("==", "a\u0000b", ["nul"]),
        ("==", b"", ["no_bytes"]),
        ("==", NOON, ["noon"]),
        ("==", "nowhere", []),
        ("<", 1, ["minus", "zero"]),
        ("<=", 1.0, ["minus", "zero", "one", "one_float"]),
        (">", 2**53, ["big_and_one"]),
        (">=", -2.5, ["minus", "zero", "one", "one_float", "big", "big_and_one"]),
        (">", False, ["yes"]),
        ("<", True, ["no"]),
        (">=", NOON, ["noon"]),
        ("<", NOON, ["early"]),
        (">", "a", ["nul", "longer", "accent", "turtle"]),
        ("<=", "a", ["empty", "capital", "text"]),
        (">=", b"", ["no_bytes", "bytes"]),
        ("<", b"\x00", ["no_bytes"]),
    ],
)
def test_a_condition_compares_within_the_type_of_its_value(mixed: Documents, op: Any, value: Any, expected: list[str]) -> None:
    where = [Where("x", op, value)]
    assert ids(mixed.query("things", where, [Order("x")])) == expected
    assert mixed.count("things", where) == len(expected)


def test_in_matches_any_of_its_values(mixed: Documents) -> None:
    where = [Where("x", "in", [1, "a", True, "nowhere", NOON])]
    assert sorted(ids(mixed.query("things", where))) == sorted(["one", "one_float", "text", "yes", "noon"])
    assert ids(mixed.query("things", where, [Order("x", descending=True)], limit=2)) == ["text", "noon"]
    assert mixed.count("things", where) == 5


def test_array_contains_matches_an_element(documents: Documents) -> None:
    documents.commit(
        Create("things/a", {"tags": ["red", 1, {"red": 2}]}),
        Create("things/b", {"tags": ["blue", "red", True, NOON, b"x"]}),
        Create("things/c", {"tags": "red"}),
        Create("things/d", {"tags": []}),
        Create("things/e", {}),
    )
    expected = {"red": ["a", "b"], 1.0: ["a"], NOON: ["b"], b"x": ["b"], "green": []}
    assert {value: ids(documents.query("things", [Where("tags", "array_contains", value)])) for value in expected} == expected
    assert documents.count("things", [Where("tags", "array_contains", "red")]) == 2


def test_a_document_without_a_field_of_the_order_is_left_out(documents: Documents) -> None:
    documents.commit(Create("things/a", {"x": 1, "y": 1}), Create("things/b", {"x": 0}), Create("things/c", {"y": 0}))
    assert ids(documents.query("things", order=[Order("x")])) == ["b", "a"]
    assert ids(documents.query("things", order=[Order("x"), Order("y")])) == ["a"]


def test_every_condition_must_hold(documents: Documents) -> None:
    documents.commit(*(Create(f"things/{n:02}", {"n": n, "even": n % 2 == 0, "third": n % 3}) for n in range(30)))
    where = [Where("even", "==", True), Where("third", "in", [0, 1]), Where("n", ">", 4), Where("n", "<=", 18)]
    expected = [n for n in range(5, 19) if n % 2 == 0 and n % 3 in (0, 1)]
    assert [each.fields["n"] for each in documents.query("things", where, [Order("n")])] == expected
    assert documents.count("things", where) == len(expected)


def test_equal_values_are_ordered_by_id_in_the_direction_of_the_last_order(documents: Documents) -> None:
    documents.commit(*(Create(f"things/{id_}", {"x": x, "y": y}) for id_, x, y in [("a", 1, 1), ("b", 1, 2), ("c", 0, 2), ("d", 1, 2)]))
    assert ids(documents.query("things", order=[Order("x")])) == ["c", "a", "b", "d"]
    assert ids(documents.query("things", order=[Order("x", descending=True)])) == ["d", "b", "a", "c"]
    assert ids(documents.query("things", order=[Order("x"), Order("y", descending=True)])) == ["c", "d", "b", "a"]
    assert ids(documents.query("things", order=[Order("x", descending=True), Order("y")])) == ["a", "b", "d", "c"]


@pytest.mark.parametrize(
    "order",
    [
        [],
        [Order("x")],
        [Order("x", True)],
        [Order("x"), Order("y", True)],
        [Order("x", True), Order("y")],
        [Order("y", True), Order("x", True)],
    ],
    ids=repr,
)
def test_pages_that_start_after_the_last_hit_show_everything_once(documents: Documents, order: list[Order]) -> None:
    documents.commit(*(Create(f"things/{n:02}", {"x": [None, 1, 1.0, "b", True][n % 5], "y": n % 3, "open": n != 7}) for n in range(40)))
    where = [Where("open", "==", True)]
    whole = ids(documents.query("things", where, order))
    assert len(whole) == 39
    pages: list[str] = []
    after: list[Any] | None = None
    while page := documents.query("things", where, order, limit=7, after=after):
        pages.extend(ids(page))
        after = [*(page[-1].fields[by.field] for by in order), page[-1].id]
    assert pages == whole


def test_after_may_name_a_place_where_nothing_stands(mixed: Documents) -> None:
    assert ids(mixed.query("things", order=[Order("x")], after=[1.5, "nobody"], limit=2)) == ["big", "big_and_one"]
    assert ids(mixed.query("things", order=[Order("x", True)], after=[None, "none"])) == []
    assert ids(mixed.query("things", after=["two"])) == ["without", "yes", "zero"]


def test_an_inequality_can_be_paged(documents: Documents) -> None:
    documents.commit(*(Create(f"things/{n}", {"n": n}) for n in range(10)))
    where = [Where("n", ">", 3)]
    assert ids(documents.query("things", where, [Order("n")], limit=2, after=[4, "4"])) == ["5", "6"]
    assert ids(documents.query("things", where, [Order("n", True)], limit=2, after=[6, "6"])) == ["5", "4"]


def test_only_direct_children_are_found(documents: Documents) -> None:
    documents.commit(
        Create("sessions/a", {"n": 1}),
        Create("sessions/a/runs/1", {"n": 1}),
        Create("sessions/b/runs/2", {"n": 1}),
        Create("runs/3", {"n": 1}),
    )
    assert ids(documents.query("runs")) == ["3"]
    assert ids(documents.query("sessions")) == ["a"]
    assert [each.path for each in documents.query("sessions/b/runs", [Where("n", "==", 1)])] == ["sessions/b/runs/2"]
    assert documents.count("sessions/a/runs") == 1
    assert documents.query("nothing") == []
    assert documents.count("nothing") == 0


def test_fields_reads_only_those_fields(documents: Documents) -> None:
    documents.commit(Create("things/t", {"a": 1, "b": NOON, "c": Vector((1.0,)), "d": "x" * 1000}))
    for fields in (["a", "b"], ["c"], ["a", "nothing"], []):
        (found,) = documents.query("things", fields=fields)
        (whole,) = documents.get("things/t")
        assert whole is not None
        assert found.fields == {name: whole.fields[name] for name in fields if name in whole.fields}
        assert (found.path, found.version, found.created_at) == (whole.path, whole.version, whole.created_at)


def test_queries_see_every_kind_of_write(documents: Documents) -> None:
    documents.commit(Create("things/a", {"state": "open", "n": 1}), Create("things/b", {"state": "open", "n": 2}))
    waiting = [Where("state", "==", "open")]
    assert ids(documents.query("things", waiting, [Order("n")])) == ["a", "b"]
    documents.commit(Patch("things/a", {"n": Increment(5)}), Put("things/c", {"state": "open", "n": 0}))
    assert ids(documents.query("things", waiting, [Order("n")])) == ["c", "b", "a"]
    documents.commit(Patch("things/b", {"state": "closed"}), Put("things/c", {"n": 7}))
    assert ids(documents.query("things", waiting, [Order("n")])) == ["a"]
    documents.commit(Patch("things/b", {"state": SERVER_TIME}))
    assert ids(documents.query("things", [Where("state", ">", NOON)], [Order("state")])) == ["b"]


def test_nearest_answers_by_cosine_distance(documents: Documents) -> None:
    vectors = {"same": (2.0, 0.0), "near": (1.0, 0.2), "right_angle": (0.0, 3.0), "opposite": (-1.0, 0.0), "other_length": (1.0, 0.0, 0.0)}
    documents.commit(*(Create(f"chunks/{id_}", {"v": Vector(vector), "n": 1, "w": Vector((9.0,))}) for id_, vector in vectors.items()))
    documents.commit(Create("chunks/without", {"n": 1}), Create("chunks/text", {"v": "no vector"}))
    hits = documents.nearest("chunks", "v", [1.0, 0.0])
    assert [hit.snapshot.id for hit in hits] == ["same", "near", "right_angle", "opposite"]
    assert [hit.distance for hit in hits] == pytest.approx([0.0, 1 - 1 / 1.04**0.5, 1.0, 2.0], abs=1e-9)
    assert hits[1].snapshot.fields == {"v": Vector((1.0, 0.2)), "n": 1, "w": Vector((9.0,))}
    assert [hit.snapshot.id for hit in documents.nearest("chunks", "v", [1.0, 0.0], limit=2)] == ["same", "near"]
    assert documents.nearest("chunks", "nothing", [1.0]) == []
    assert documents.nearest("nothing", "v", [1.0]) == []


def test_nearest_searches_only_what_meets_the_conditions(documents: Documents) -> None:
    documents.commit(
        *(Create(f"chunks/{n}", {"v": Vector((1.0, n / 10)), "source": "ab"[n % 2], "model": "m" if n < 6 else None}) for n in range(8))
    )
    where = [Where("source", "==", "b"), Where("model", "==", "m")]
    assert [hit.snapshot.id for hit in documents.nearest("chunks", "v", [1.0, 0.0], where)] == ["1", "3", "5"]
    assert [hit.snapshot.id for hit in documents.nearest("chunks", "v", [1.0, 0.0], [Where("model", "==", None)])] == ["6", "7"]
