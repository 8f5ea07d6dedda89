"""The rules by which Firestore's indexes answer queries, on the examples of its documentation.

https://firebase.google.com/docs/firestore/query-data/index-overview: "cities" in the section on queries supported by indexes,
"restaurants" in the one on merging; https://firebase.google.com/docs/firestore/solutions/shard-timestamp for exempted fields.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.firestore.guard import IndexedStore
from shared.adapters.firestore.indexes import DECLARED, Index, Indexes, IndexMissing, Mode, Part, Shape
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Create, Delete, Operator, Order, Patch, Put, Where

OPERATORS: tuple[Operator, ...] = ("==", ">=", "<=", ">", "<")


def index(text: str) -> Index:
    """`cities country +population` or `cities regions[] -population`; `^` is a vector."""
    kind, *names = text.split()
    return Index(kind, tuple(part(name) for name in names))


def part(name: str) -> Part:
    modes: dict[str, Mode] = {"-": "DESCENDING", "^": "VECTOR"}
    return Part(name.strip("+-^[]"), "CONTAINS" if name.endswith("[]") else modes.get(name[0], "ASCENDING"))


def query(text: str, kind: str = "cities") -> Shape:
    """`state== regions[] population>= -population`: conditions, then what it is ordered by, with a sign."""
    where, order, vector = [], [], ""
    for word in text.split():
        if word[0] == "^":
            vector = word[1:]
        elif word[0] in "+-":
            order.append(Order(word[1:], word[0] == "-"))
        elif word.endswith("[]"):
            where.append(Where(word[:-2], "array_contains", "x"))
        elif word.endswith("in"):
            where.append(Where(word[:-2], "in", ["x", "y"]))
        else:
            operator = next(each for each in OPERATORS if word.endswith(each))
            where.append(Where(word.removesuffix(operator), operator, "x"))
    return Shape.of(kind, where, order, vector)


BY_ITSELF = ("", "state==", "population<", "population>= +population", "regions[]", "+state", "-population", "statein")
MERGED_BY_ITSELF = ("state== country==", "state== population==", "state== country== regions[]", "statein country==")
LACKING = ("country== +population", "country== population<", "country== population>= -population", "regions[] +population")
LACKING_TOO = ("+country -population", "+country +population", "statein +population", "country== +name +population")


@pytest.mark.parametrize("text", [*BY_ITSELF, *MERGED_BY_ITSELF])
def test_the_indexes_that_firestore_keeps_by_itself_answer(text: str) -> None:
    Indexes().require(query(text))


@pytest.mark.parametrize("text", [*LACKING, *LACKING_TOO, "^embedding", "name== ^embedding"])
def test_everything_else_needs_an_index_that_the_refusal_names(text: str) -> None:
    shape = query(text)
    with pytest.raises(IndexMissing) as refused:
        Indexes().require(shape)
    _, *lines = str(refused.value).splitlines()[1:]
    assert lines, refused.value
    made = json.loads(lines[0])
    if "vectorConfig" not in lines[0]:
        Indexes.read({"indexes": [json.loads(line) for line in lines], "fieldOverrides": []}).require(shape)
    assert made["collectionGroup"] == "cities"


@pytest.mark.parametrize(
    ("declared", "answered", "refused"),
    [
        ("cities country +population", "country== population< +population", "country== -population"),
        ("cities country -population", "country== -population", "country== population>= +population"),
        ("cities -country +population", "country== +population", "+country +population"),
        ("cities +country -population", "+country -population", "-country +population"),
        ("cities +country +population", "+country +population", "-country -population"),
        ("cities state country +population", "country== state== +population", "state== +population"),
        ("cities regions[] -population", "regions[] -population", "regions== -population"),
        ("cities regions -population", "regions== -population", "regions[] -population"),
        ("cities country +name +population", "country== +name +population", "country== name== regions[] +population"),
        ("cities country +name +population", "country== name== +population", "country== +population"),
        ("cities country ^embedding", "country== ^embedding", "^embedding"),
        ("cities ^embedding", "^embedding", "country== ^embedding"),
        ("people country +population", "country==", "country== +population"),
    ],
)
def test_an_index_answers_the_equal_fields_and_then_just_the_order(declared: str, answered: str, refused: str) -> None:
    indexes = Indexes([index(declared)])
    indexes.require(query(answered))
    with pytest.raises(IndexMissing):
        indexes.require(query(refused))


RESTAURANTS = ("category +star_rating", "city +star_rating", "editors_pick +star_rating", "tags[] +star_rating")


def test_indexes_with_one_order_are_merged() -> None:
    indexes = Indexes([index(f"restaurants {each}") for each in RESTAURANTS])
    fields = ["category==", "city==", "editors_pick==", "tags[]"]
    for count in range(1, len(fields) + 1):
        text = " ".join(fields[:count])
        assert len(indexes.require(query(f"{text} +star_rating", "restaurants"))) == count
        for other in ("-star_rating", "+price", "+star_rating +price", "price== +star_rating"):
            with pytest.raises(IndexMissing):
                indexes.require(query(f"{text} {other}", "restaurants"))


def test_an_index_of_all_fields_goes_before_a_merge() -> None:
    whole = index("restaurants city category +star_rating")
    indexes = Indexes([*(index(f"restaurants {each}") for each in RESTAURANTS), whole])
    assert indexes.require(query("category== city== +star_rating", "restaurants")) == (whole,)
    assert indexes.require(query("category== city== tags[] +star_rating", "restaurants")) == (
        index("restaurants tags[] +star_rating"),
        whole,
    )


def test_a_refusal_of_a_merge_names_only_what_is_left_over() -> None:
    indexes = Indexes([index(f"restaurants {each}") for each in RESTAURANTS[:2]])
    with pytest.raises(IndexMissing) as refused:
        indexes.require(query("category== city== tags[] +star_rating", "restaurants"))
    _, *lines = str(refused.value).splitlines()[1:]
    assert [Indexes.read({"indexes": [json.loads(line)], "fieldOverrides": []}).composite for line in lines] == [
        (index("restaurants tags[] +star_rating"),)
    ]


def test_a_field_that_must_be_equal_cannot_be_ordered_by() -> None:
    indexes = Indexes([index("cities state +population"), index("cities population +state")])
    with pytest.raises(IndexMissing, match="leave it out of the order"):
        indexes.require(query("state== +state"))


@pytest.mark.parametrize("text", ["timestamp==", "+timestamp", "-timestamp", "timestamp<"])
def test_an_exempted_field_answers_nothing_alone_but_in_an_index_with_others(text: str) -> None:
    indexes = Indexes([index("instruments shard -timestamp")], {("instruments", "timestamp"): ()})
    indexes.require(query("shard== -timestamp", "instruments"))
    indexes.require(query(text, "others"))
    with pytest.raises(IndexMissing):
        indexes.require(query(text, "instruments"))


def test_an_exemption_of_all_fields_gives_way_to_one_of_a_field() -> None:
    indexes = Indexes((), {("comments", "*"): (), ("comments", "author"): ("ASCENDING",)})
    indexes.require(query("author==", "comments"))
    for text in ("-author", "author[]", "text==", "author== text==", "+text"):
        with pytest.raises(IndexMissing):
            indexes.require(query(text, "comments"))
    with pytest.raises(IndexMissing) as refused:
        indexes.require(query("-author", "comments"))
    lacking = json.loads(str(refused.value).splitlines()[-1])
    assert [each["order"] for each in lacking["indexes"]] == ["ASCENDING", "DESCENDING"], "the line takes the place of the field's own"


SOME: dict[str, Any] = {
    "indexes": [{"collectionGroup": "c", "queryScope": "COLLECTION", "fields": [{"fieldPath": "a", "order": "ASCENDING"}]}],
    "fieldOverrides": [{"collectionGroup": "c", "fieldPath": "a", "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION"}]}],
}


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("COLLECTION", "COLLECTION_GROUP"),
        ("ASCENDING", "UPWARDS"),
        ("ASCENDING", "CONTAINS"),
        ('"fieldPath": "a"', '"fieldPath": "__name__"'),
        ('"order"', '"arrayConfig"'),
        ('"queryScope": "COLLECTION"', '"apiScope": "ANY_API"'),
    ],
)
def test_what_terraform_is_not_given_is_not_read(written: str, instead: str) -> None:
    Indexes.read(SOME)
    with pytest.raises(ValueError):  # noqa: PT011  each has words of its own
        Indexes.read(json.loads(json.dumps(SOME).replace(written, instead)))


@pytest.mark.parametrize("part", ["indexes", "fieldOverrides"])
def test_nothing_is_declared_twice(part: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        Indexes.read({**SOME, part: SOME[part] * 2})


def test_the_guard_lets_nothing_through_that_firestore_would_refuse(tmp_path: Path) -> None:
    indexes = Indexes([index("cities country +population"), index("cities regions[] +population")], {("cities", "*"): ()})
    store = IndexedStore(SqliteStore(tmp_path / "documents.db"), indexes)
    documents = store.open("workspaces/w1")
    documents.commit(Create("cities/c1", {"country": "USA", "population": 1, "regions": ["x"], "history": "long" * 1000}))
    found = documents.query("cities", [Where("country", "==", "USA")], [Order("population")])
    assert [each.id for each in found] == ["c1"]
    calls = [
        lambda: documents.query("cities", [Where("country", "==", "USA")], [Order("population", True)]),
        lambda: documents.query("a/b/cities", order=[Order("population")]),
        lambda: documents.count("cities", [Where("population", ">", 1)]),
        lambda: documents.nearest("cities", "embedding", [1.0]),
        lambda: documents.commit(Create("towns/t1", {"name": "x"})),
        lambda: documents.commit(Put("cities/c2", {"country": "é" * 751})),
        lambda: documents.commit(Patch("cities/c1", {"regions": ["x", "y" * 1501]})),
        lambda: documents.commit(Patch("cities/c1", {"regions": [str(number) for number in range(40_000)]})),
    ]
    for call in calls:
        with pytest.raises(IndexMissing):
            call()
    documents.commit(Patch("cities/c1", {"country": "é" * 750, "regions": [str(number) for number in range(30_000)]}))
    documents.commit(Delete("towns/t1"))
    store.close()


def test_the_declaration_is_kept_in_order() -> None:
    """One index on each line, so that a change shows what it changes."""
    content = json.loads(DECLARED.read_text(encoding="utf-8"))
    parts = (f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(each)}" for each in listed) + "\n  ]" for name, listed in content.items())
    assert DECLARED.read_text(encoding="utf-8") == "{\n" + ",\n".join(parts) + "\n}\n"
