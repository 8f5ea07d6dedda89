"""Deleting a session removes all of it, also after a crash."""

from __future__ import annotations

import pytest

from shared.kit.errors import NotFound
from tests.support.domain import Instance


def test_deleting_removes_the_session_its_runs_and_its_files(instance: Instance) -> None:
    for session in ("s1", "s2"):
        for number in range(3):
            instance.say(f"message {number} " + "x" * 400_000, session)
    assert instance.blobs.list("runs/")
    instance.deletions.delete("s1")
    assert instance.sessions.find("s1") is None
    assert instance.runs.page("s1", 10) == []
    assert len(instance.runs.page("s2", 10)) == 3
    kept = {run.id for run in instance.runs.page("s2", 10)}
    assert {blob.path.split("/")[1] for blob in instance.blobs.list("runs/")} == kept
    assert instance.deletions.unfinished() == []
    with pytest.raises(NotFound):
        instance.deletions.delete("s1")


def test_a_deletion_that_was_cut_off_is_found_and_finished(instance: Instance) -> None:
    instance.say("hello")
    instance.store.down = False
    original = instance.blobs.list

    class Cut(Exception):
        pass

    def cut(*_: object, **__: object):
        raise Cut

    instance.blobs.list = cut  # type: ignore[method-assign]
    with pytest.raises(Cut):
        instance.deletions.delete("s1")
    instance.blobs.list = original  # type: ignore[method-assign]
    assert instance.sessions.find("s1") is None, "hidden at once"
    assert instance.deletions.unfinished() == ["s1"]
    # A session that is made anew meanwhile keeps its runs.
    new = instance.say("a new beginning").id
    instance.deletions.finish("s1")
    instance.deletions.finish("s1")
    assert [run.id for run in instance.runs.page("s1", 10)] == [new]
    assert instance.deletions.unfinished() == []


def test_a_deletion_ends_the_shares_also_after_a_crash(instance: Instance) -> None:
    instance.say("hello")
    for _ in range(3):
        instance.shares.create("s1", b"{}")
    assert len(instance.platform.query("shares")) == 3
    original = instance.blobs.delete

    class Cut(Exception):
        pass

    def cut(path: str) -> None:
        original(path)
        raise Cut

    instance.blobs.delete = cut  # type: ignore[method-assign]
    with pytest.raises(Cut):
        instance.deletions.delete("s1")
    instance.blobs.delete = original  # type: ignore[method-assign]
    instance.deletions.finish("s1")
    assert instance.platform.query("shares") == []
    assert instance.blobs.list("shares/") == []
    assert instance.shares.all("s1") == []
