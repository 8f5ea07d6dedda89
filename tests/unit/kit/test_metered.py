"""What passes through the meter is counted as the database bills it, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Create, Delete, Increment, Order, Patch, Put, Vector, Where
from shared.kit.errors import AlreadyExists
from shared.kit.metered import DatabaseUsage, MeteredDocuments


@pytest.fixture
def usage() -> DatabaseUsage:
    return DatabaseUsage()


@pytest.fixture
def documents(tmp_path: Path, usage: DatabaseUsage) -> Iterator[MeteredDocuments]:
    store = SqliteStore(tmp_path / "documents.db")
    inner = store.open("workspaces/w1")
    inner.commit(*[Create(f"things/t{number}", {"n": number, "at": Vector((1.0, float(number)))}) for number in range(5)])
    yield MeteredDocuments(inner, usage)
    store.close()


def test_reads_are_counted_by_document_present_or_not(documents: MeteredDocuments, usage: DatabaseUsage) -> None:
    found = documents.get("things/t1", "things/absent")
    assert [snapshot and snapshot.id for snapshot in found] == ["t1", None]
    assert usage.as_dict() == {"reads": 2, "writes": 0, "commits": 0}


def test_a_query_costs_what_it_finds_and_an_empty_one_costs_one(documents: MeteredDocuments, usage: DatabaseUsage) -> None:
    assert [snapshot.id for snapshot in documents.query("things", [Where("n", ">=", 3)], [Order("n", True)])] == ["t4", "t3"]
    assert usage.reads == 2
    assert documents.query("things", limit=1, order=[Order("n")], after=(0, "t0"), fields=("n",))[0].fields == {"n": 1}
    assert usage.reads == 3
    assert documents.query("nothing") == []
    assert usage.reads == 4


def test_counting_costs_one_read_for_each_thousand(documents: MeteredDocuments, usage: DatabaseUsage) -> None:
    assert documents.count("things") == 5
    assert documents.count("things", [Where("n", ">", 99)]) == 0
    assert usage.reads == 2


def test_a_search_of_vectors_costs_its_hits(documents: MeteredDocuments, usage: DatabaseUsage) -> None:
    assert [hit.snapshot.id for hit in documents.nearest("things", "at", (1.0, 0.0), limit=2)] == ["t0", "t1"]
    assert usage.reads == 2


def test_a_commit_counts_its_writes_once_it_took_effect(documents: MeteredDocuments, usage: DatabaseUsage) -> None:
    written = documents.commit(Put("a/1", {}), Patch("things/t1", {"n": Increment(1)}), Delete("things/t2"))
    assert [one.incremented for one in written] == [{}, {"n": 2}, {}]
    assert usage.as_dict() == {"reads": 0, "writes": 3, "commits": 1}
    with pytest.raises(AlreadyExists):
        documents.commit(Create("a/1", {}))
    assert usage.as_dict() == {"reads": 0, "writes": 3, "commits": 1}
