"""The port of documents: writes and what is read back, the same in every adapter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.kit.documents import (
    SERVER_TIME,
    Create,
    Delete,
    Documents,
    DocumentStore,
    Increment,
    Order,
    Patch,
    Put,
    Snapshot,
    Vector,
    Where,
    Write,
)
from shared.kit.errors import AlreadyExists, Conflict

MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)

VALUES: dict[str, Any] = {
    "null": None,
    "yes": True,
    "no": False,
    "zero": 0,
    "smallest": -(2**63),
    "largest": 2**63 - 1,
    "half": 0.5,
    "whole_float": 3.0,
    "tiny": 5e-324,
    "huge": -1.7976931348623157e308,
    "empty_text": "",
    "text": "żółw 🐢 \u0000 \n \"quoted\" \\ 'single'",
    "no_bytes": b"",
    "raw": bytes(range(256)),
    "moment": MOMENT,
    "first_moment": datetime(1, 1, 1, tzinfo=UTC),
    "last_moment": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "empty_list": [],
    "list": [1, "two", None, 3.5, {"deep": [b"x", MOMENT]}],
    "empty_dict": {},
    "dict": {"a.b": 1, "`": 2, "$t": 3, "$": {"$b": "x"}, "ż": [{"$t": [MOMENT]}]},
    "vector": Vector((0.25, -1.5, 3e-5)),
    "_under_score9": 1,
}


def read(documents: Documents, path: str) -> Snapshot:
    (snapshot,) = documents.get(path)
    assert snapshot is not None
    return snapshot


@pytest.mark.parametrize("write", [Create, Put, Patch])
def test_every_value_is_read_back_as_it_was_written(documents: Documents, write: type[Create | Put | Patch]) -> None:
    documents.commit(Patch("things/t", VALUES, upsert=True) if write is Patch else write("things/t", VALUES))
    fields = read(documents, "things/t").fields
    assert fields == VALUES
    assert {name: type(value) for name, value in fields.items()} == {name: type(value) for name, value in VALUES.items()}


def test_a_datetime_of_another_zone_is_read_back_in_utc(documents: Documents) -> None:
    documents.commit(Create("things/t", {"at": MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))}))
    at = read(documents, "things/t").fields["at"]
    assert (at, at.tzinfo) == (MOMENT, UTC)


def test_get_answers_in_the_order_of_the_paths_and_none_for_what_is_absent(documents: Documents) -> None:
    documents.commit(Create("things/a", {"n": 1}), Create("things/a/parts/b", {"n": 2}))
    found = documents.get("things/a/parts/b", "things/nope", "things/a", "things/a/parts/b")
    assert [None if each is None else (each.path, each.id, each.fields["n"]) for each in found] == [
        ("things/a/parts/b", "b", 2),
        None,
        ("things/a", "a", 1),
        ("things/a/parts/b", "b", 2),
    ]
    assert documents.get() == []


def test_a_snapshot_knows_when_it_was_created_updated_and_read(documents: Documents) -> None:
    documents.commit(Create("things/t", {"n": 1}))
    first = read(documents, "things/t")
    documents.commit(Patch("things/t", {"n": 2}))
    second = read(documents, "things/t")
    assert first.created_at == first.updated_at == second.created_at < second.updated_at
    assert first.updated_at <= first.read_at <= second.read_at
    assert second.updated_at <= second.read_at
    assert abs(second.read_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert second.read_at.tzinfo is UTC
    assert second.created_at.tzinfo is UTC


@pytest.mark.parametrize("write", [Patch("things/t", {"n": 1}), Patch("things/t", {}), Put("things/t", {"n": 1})], ids=repr)
def test_a_write_that_changes_no_field_still_makes_a_new_version(documents: Documents, write: Write) -> None:
    (created,) = documents.commit(Create("things/t", {"n": 1}))
    (written,) = documents.commit(write)
    after = read(documents, "things/t")
    assert created.version < written.version == after.version
    assert after.fields == {"n": 1}


def test_create_refuses_a_document_that_exists(documents: Documents) -> None:
    documents.commit(Create("things/t", {"n": 1}))
    with pytest.raises(AlreadyExists):
        documents.commit(Create("things/t", {"n": 2}))
    assert read(documents, "things/t").fields == {"n": 1}


def test_create_works_again_after_a_delete(documents: Documents) -> None:
    documents.commit(Create("things/t", {"n": 1, "old": True}))
    (deleted,) = documents.commit(Delete("things/t"))
    (created,) = documents.commit(Create("things/t", {"n": 2}))
    after = read(documents, "things/t")
    assert after.fields == {"n": 2}
    assert after.created_at == created.updated_at > deleted.updated_at


def test_put_replaces_every_field(documents: Documents) -> None:
    documents.commit(Put("things/t", {"a": 1, "b": 2, "v": Vector((1.0,))}))
    documents.commit(Put("things/t", {"b": 3}))
    assert read(documents, "things/t").fields == {"b": 3}


def test_patch_replaces_named_fields_whole_and_keeps_the_others(documents: Documents) -> None:
    documents.commit(Create("things/t", {"a": {"x": 1, "y": 2}, "b": b"kept", "v": Vector((1.0, 2.0)), "at": MOMENT}))
    documents.commit(Patch("things/t", {"a": {"z": 3}, "at": "now a text"}))
    assert read(documents, "things/t").fields == {"a": {"z": 3}, "b": b"kept", "v": Vector((1.0, 2.0)), "at": "now a text"}


def test_patch_of_an_absent_document_is_a_conflict_unless_it_may_create_it(documents: Documents) -> None:
    with pytest.raises(Conflict):
        documents.commit(Patch("things/t", {"a": 1}))
    documents.commit(Patch("things/t", {"a": 1}, upsert=True))
    documents.commit(Patch("things/t", {"b": 2}, upsert=True))
    assert read(documents, "things/t").fields == {"a": 1, "b": 2}


@pytest.mark.parametrize("write", [Patch("things/t", {"n": 9}, if_version=1), Delete("things/t", if_version=1)], ids=repr)
def test_a_write_at_another_version_or_of_nothing_is_a_conflict(documents: Documents, write: Write) -> None:
    with pytest.raises(Conflict) as absent:
        documents.commit(write)
    documents.commit(Create("things/t", {"n": 1}))
    with pytest.raises(Conflict) as stale:
        documents.commit(write)
    assert not isinstance(absent.value, AlreadyExists)
    assert not isinstance(stale.value, AlreadyExists)
    assert read(documents, "things/t").fields == {"n": 1}


def test_a_version_is_good_for_one_write(documents: Documents) -> None:
    documents.commit(Create("things/t", {"n": 1}))
    version = read(documents, "things/t").version
    (written,) = documents.commit(Patch("things/t", {"n": 2}, if_version=version))
    with pytest.raises(Conflict):
        documents.commit(Patch("things/t", {"n": 3}, if_version=version))
    with pytest.raises(Conflict):
        documents.commit(Delete("things/t", if_version=version))
    documents.commit(Delete("things/t", if_version=written.version))
    assert documents.get("things/t") == [None]


def test_delete_of_nothing_is_fine_and_what_lies_below_stays(documents: Documents) -> None:
    documents.commit(Create("things/t", {}), Create("things/t/parts/p", {"n": 1}))
    documents.commit(Delete("things/t"), Delete("things/never"))
    assert documents.get("things/t") == [None]
    assert read(documents, "things/t/parts/p").fields == {"n": 1}
    assert [each.id for each in documents.query("things/t/parts")] == ["p"]


@pytest.mark.parametrize(
    "failing",
    [
        Create("things/here", {"n": 9}),
        Patch("things/nope", {"n": 9}),
        Patch("things/here", {"n": 9}, if_version=7),
        Delete("things/nope", 7),
    ],
    ids=repr,
)
def test_nothing_of_a_refused_commit_is_written(documents: Documents, failing: Write) -> None:
    documents.commit(Create("things/here", {"n": 1}), Create("things/doomed", {"n": 1}))
    before = [each.version for each in documents.get("things/here", "things/doomed") if each]
    with pytest.raises(Conflict):
        documents.commit(
            Create("things/new", {"n": 1}), Patch("counters/c", {"n": Increment(1)}, upsert=True), Delete("things/doomed"), failing
        )
    assert documents.get("things/new", "counters/c") == [None, None]
    assert [each.version for each in documents.get("things/here", "things/doomed") if each] == before


def test_a_commit_answers_for_each_write_in_order(documents: Documents) -> None:
    documents.commit(Create("things/b", {"n": 5}), Create("things/d", {"n": 1}))
    written = documents.commit(
        Create("things/a", {"n": Increment(3), "text": "x", "at": SERVER_TIME}),
        Patch("things/b", {"at": SERVER_TIME, "n": Increment(-7), "m": Increment(2)}),
        Put("things/c", {"text": "y"}),
        Delete("things/d"),
    )
    assert [each.path for each in written] == ["things/a", "things/b", "things/c", "things/d"]
    assert [each.incremented for each in written] == [{"n": 3}, {"n": -2, "m": 2}, {}, {}]
    now = documents.get("things/a", "things/b", "things/c", "things/d")
    assert [each.version for each in written] == [each.version if each else 0 for each in now]
    assert [each.updated_at for each in written[:3]] == [each.updated_at for each in now if each]
    assert len({each.updated_at for each in written}) == 1
    assert documents.commit() == []


def test_increment_starts_at_zero_where_there_is_no_number(documents: Documents) -> None:
    documents.commit(
        Create("things/t", {"text": "5", "yes": True, "none": None, "at": MOMENT, "v": Vector((1.0,)), "half": 0.5, "top": 2**63 - 2})
    )
    names = ["text", "yes", "none", "at", "v", "half", "top", "new"]
    (written,) = documents.commit(Patch("things/t", {name: Increment(3) for name in names}))
    expected = {"text": 3, "yes": 3, "none": 3, "at": 3, "v": 3, "half": 3.5, "top": 2**63 - 1, "new": 3}
    assert written.incremented == expected
    assert read(documents, "things/t").fields == expected


def test_put_with_increment_starts_from_an_empty_document(documents: Documents) -> None:
    documents.commit(Create("things/t", {"n": 5}))
    (written,) = documents.commit(Put("things/t", {"n": Increment(2)}))
    assert written.incremented == {"n": 2}
    assert read(documents, "things/t").fields == {"n": 2}


def test_server_time_is_one_moment_in_all_documents_of_a_commit(documents: Documents) -> None:
    (first, _) = documents.commit(Create("things/a", {"at": SERVER_TIME, "too": SERVER_TIME}), Put("things/b", {"at": SERVER_TIME}))
    a, b = documents.get("things/a", "things/b")
    assert a is not None
    assert b is not None
    assert a.fields["at"] == a.fields["too"] == b.fields["at"]
    assert abs(a.fields["at"] - first.updated_at) < timedelta(seconds=1)
    documents.commit(Patch("things/a", {"at": SERVER_TIME}))
    assert read(documents, "things/a").fields["at"] > b.fields["at"]


def test_versions_grow_from_commit_to_commit(documents: Documents) -> None:
    documents.commit(Create("things/t", {"n": 0}))
    versions = [documents.commit(Patch("things/t", {"n": Increment(1)}))[0].version for _ in range(50)]
    assert versions == sorted(set(versions))


def test_two_roots_do_not_see_each_other(document_store: DocumentStore) -> None:
    roots = ["workspaces/w1", "workspaces/w10", "workspaces/w1/things/t", "platform/w1"]
    stores = [document_store.open(root) for root in roots]
    for number, documents in enumerate(stores):
        documents.commit(Create("things/t", {"root": number, "vector": Vector((1.0, float(number)))}))
    for number, documents in enumerate(stores):
        assert read(documents, "things/t").fields["root"] == number
        assert [each.fields["root"] for each in documents.query("things")] == [number]
        assert [each.path for each in documents.query("things", order=[Order("root")])] == ["things/t"]
        assert documents.count("things", [Where("root", "in", list(range(4)))]) == 1
        assert [each.snapshot.fields["root"] for each in documents.nearest("things", "vector", [1.0, 0.0])] == [number]
    stores[0].commit(Delete("things/t"))
    assert [documents.get("things/t")[0] is None for documents in stores] == [True, False, False, False]


def test_a_closed_store_opens_again_on_next_use(document_store: DocumentStore) -> None:
    documents = document_store.open("workspaces/w1")
    documents.commit(Create("things/t", {"n": 1}))
    document_store.close()
    assert read(documents, "things/t").fields == {"n": 1}
