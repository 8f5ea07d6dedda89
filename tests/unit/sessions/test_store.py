"""Sessions and runs as documents: lists, pages, changes and deletion."""

from __future__ import annotations

import time
from typing import Any

import pytest

from shared.agents.live import Lease
from shared.agents.turns import NewTurn
from shared.kit.errors import AlreadyExists, NotFound
from shared.sessions.models import NewSession
from shared.sessions.store import SessionFilter, SessionStore
from tests.support.domain import House, Instance


def filled(instance: Instance) -> SessionStore:
    """Seven sessions of two users and two agents, each made at a moment of its own."""
    for number in range(7):
        instance.sessions.create(NewSession(f"s{number}", f"a{number % 2}", f"u{number % 3}", name=f"Name {number}" if number < 3 else ""))
        time.sleep(0.002)
    return instance.sessions


def ids(store: SessionStore, wanted: SessionFilter | None = None, *, descending: bool = True, limit: int = 20, page: int = 1) -> list[str]:
    return [session.id for session in store.page(wanted or SessionFilter(), "created_at", descending, limit, page)[0]]


def test_pages_follow_each_other_without_gap_or_repeat(instance: Instance) -> None:
    store = filled(instance)
    newest = [f"s{number}" for number in reversed(range(7))]
    assert ids(store) == newest
    assert ids(store, descending=False) == newest[::-1]
    for limit in range(1, 9):
        pages = [store.page(SessionFilter(), "created_at", True, limit, page) for page in range(1, 9)]
        assert [session.id for found, _ in pages for session in found] == newest
        assert {total for _, total in pages} == {7}


def test_filters_narrow_the_list_and_its_total(instance: Instance) -> None:
    store = filled(instance)
    assert ids(store, SessionFilter(agent="a1")) == ["s5", "s3", "s1"]
    assert ids(store, SessionFilter(user="u0")) == ["s6", "s3", "s0"]
    assert ids(store, SessionFilter(agent="a1", user="u0")) == ["s3"]
    found, total = store.page(SessionFilter(agent="a1"), "created_at", True, 2, 1)
    assert (len(found), total) == (2, 3)
    assert store.page(SessionFilter(user="nobody"), "created_at", True, 20, 1) == ([], 0)


def test_a_part_of_the_name_or_title_is_found_whatever_its_case(instance: Instance) -> None:
    store = filled(instance)
    store.create(NewSession("titled", "a1", "u1", title="Straße nach Oslo"))
    assert ids(store, SessionFilter(name_contains="NAME")) == ["s2", "s1", "s0"]
    assert ids(store, SessionFilter(name_contains="STRASSE")) == ["titled"]
    found, total = store.page(SessionFilter(name_contains="name"), "created_at", True, 2, 2)
    assert ([session.id for session in found], total) == (["s0"], 3)


def test_the_last_changed_session_comes_first_when_asked(instance: Instance) -> None:
    store = filled(instance)
    store.update("s2", {"metadata": {"changed": True}})
    assert store.page(SessionFilter(), "updated_at", True, 1, 1)[0][0].id == "s2"
    assert ids(store, limit=1) == ["s6"]


def test_a_change_keeps_what_it_does_not_name(instance: Instance) -> None:
    store = instance.sessions
    store.create(NewSession("s1", "a1", "u1", "name", "title", {"step": 1}, {"tag": "x"}))
    changed = store.update("s1", {"state": {"step": 2}})
    assert (changed.name, changed.state, changed.metadata, changed.title) == ("name", {"step": 2}, {"tag": "x"}, "title")
    with pytest.raises(NotFound):
        store.update("absent", {"name": "x"})
    with pytest.raises(AlreadyExists):
        store.create(NewSession("s1", "a1", "u1"))


def test_marks_are_kept_filter_the_list_and_leave_its_order(instance: Instance) -> None:
    store = filled(instance)
    before = store.get("s1").updated_at
    marked = store.update("s1", {"name": "renamed", "pinned": True, "archived": True, "tags": ["blue", "red"]})
    assert (marked.pinned, marked.archived, marked.tags, marked.updated_at) == (True, True, ("blue", "red"), before)
    store.update("s3", {"tags": ["red"]})
    assert ids(store, SessionFilter(tag="red")) == ["s3", "s1"]
    assert ids(store, SessionFilter(tag="red", archived=False)) == ["s3"]
    assert ids(store, SessionFilter(pinned=True)) == ["s1"]
    assert len(ids(store, SessionFilter(archived=False))) == 6
    assert ids(store, SessionFilter(archived=True, agent="a0")) == []


def test_a_session_is_unread_from_an_answer_until_it_is_read(instance: Instance) -> None:
    instance.sessions.create(NewSession("s1", "a1", "u1"))
    assert not instance.sessions.get("s1").unread
    instance.say("hello")
    assert instance.sessions.get("s1").unread
    assert instance.sessions.update("s1", {"pinned": True}).unread
    assert not instance.sessions.update("s1", {}, read=True).unread
    assert not instance.sessions.update("s1", {"name": "new"}, read=True).unread
    instance.say("again")
    assert instance.sessions.get("s1").unread


def test_running_sessions_are_told_apart_in_few_reads(instance: Instance) -> None:
    for number in range(65):
        instance.sessions.create(NewSession(f"s{number}", "a1", "u1"))
    for session in ("s3", "s3", "s64"):
        instance.turns().accept(NewTurn("a1", "hi", session, background=True), "u1")
    before = instance.store.reads
    assert instance.sessions.running([f"s{number}" for number in range(65)]) == {"s3", "s64"}
    assert instance.store.reads - before == 2 + 1 + 1, "three queries: two open runs, none, one"
    assert instance.sessions.running([]) == set()


def test_running_sessions_are_listed_and_left_out_exactly(instance: Instance) -> None:
    for number in range(5):
        instance.sessions.create(NewSession(f"s{number}", f"a{number % 2}", "u1", name=f"Name {number}"))
        time.sleep(0.002)
    instance.sessions.create(NewSession("other", "a1", "u2"))
    instance.sessions.update("s4", {"archived": True, "tags": ["t"]})
    turns = instance.turns()
    for session in ("s1", "s1", "s3", "s4", "other"):
        turns.accept(NewTurn("a1", "hi", session, background=True), "key")

    def page(limit: int = 20, page: int = 1, **wanted: Any) -> tuple[list[str], int]:
        found, total = instance.sessions.page(SessionFilter(**wanted), "created_at", True, limit, page)
        return [session.id for session in found], total

    before = instance.store.reads
    assert page(running=True) == (["other", "s4", "s3", "s1"], 4)
    assert instance.store.reads - before == 5 + 4, "the open runs and their sessions"
    before = instance.store.reads
    assert page(running=True, user="u1", archived=False) == (["s3", "s1"], 2)
    assert instance.store.reads - before == 4 + 3, "those of the user: also what another accepted in their session is on their behalf"
    assert page(1, 2, running=True, user="u1") == (["s3"], 3)
    assert page(running=True, agent="a0") == page(running=True, tag="t", archived=True) == (["s4"], 1)
    assert page(running=True, name_contains="NAME 3") == (["s3"], 1)
    assert page(running=False) == (["s2", "s0"], 2)
    assert page(1, 2, running=False) == (["s0"], 2)
    assert page(running=False, user="u1", name_contains="name") == (["s2", "s0"], 2)
    instance.deletions.delete("s3")
    assert page(running=True, user="u1") == (["s4", "s1"], 2)
    assert page(running=True, pinned=True) == ([], 0)


def test_a_session_whose_instance_died_runs_until_somebody_ended_its_run(house: House) -> None:
    accepted = house.instance().turns().accept(NewTurn("a1", "hi", "s1"), "u1")
    successor = house.instance(lease=Lease(lasts=0.02, renewed_every=3600))
    time.sleep(0.05)
    assert accepted.run.state == "running"
    assert ids(successor.sessions, SessionFilter(running=True)) == ["s1"]
    assert successor.turns().recover(accepted.run.id)
    assert ids(successor.sessions, SessionFilter(running=True)) == []
    assert ids(successor.sessions, SessionFilter(running=False)) == ["s1"]


def test_more_open_runs_than_are_read_at_once_are_all_seen(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sessions.store._OPEN_RUNS", 3)
    monkeypatch.setattr("shared.sessions.store._AT_ONCE", 2)
    for session in ("s1", "s1", "s1", "s1", "s2", "s3", "s3"):
        instance.turns().accept(NewTurn("a1", "hi", session, background=True), "u1")
    assert set(ids(instance.sessions, SessionFilter(running=True))) == {"s1", "s2", "s3"}


def test_runs_are_paged_backwards_by_the_run_before(instance: Instance) -> None:
    runs = [instance.say(f"m{number}").id for number in range(7)]
    assert [run.id for run in instance.runs.page("s1", 3)] == runs[4:]
    assert [run.id for run in instance.runs.page("s1", 3, runs[4])] == runs[1:4]
    assert [run.id for run in instance.runs.page("s1", 3, runs[1])] == runs[:1]
    assert instance.runs.page("s1", 3, runs[0]) == []
    instance.say("other", "s2")
    with pytest.raises(NotFound):
        instance.runs.page("s2", 3, runs[0])


def test_the_run_whose_turn_it_is_is_the_running_one_else_the_first_accepted(instance: Instance) -> None:
    assert instance.runs.next_open("s1") == (None, False)
    turns = instance.turns()
    accepted = [turns.accept(NewTurn("a1", f"m{number}", "s1", background=True), "u1").run for number in range(3)]
    first, others = instance.runs.next_open("s1")
    assert first is not None
    assert others
    assert first.id == accepted[0].id
    instance.runs.claim(instance.runs.get(accepted[1].id, "s1"), "somebody")
    running, _ = instance.runs.next_open("s1")
    assert running is not None
    assert running.id == accepted[1].id


def test_open_runs_come_with_the_longest_silent_first(instance: Instance) -> None:
    turns = instance.turns()
    accepted = [turns.accept(NewTurn("a1", "m", f"s{number}", background=True), "u1").run.id for number in range(3)]
    instance.runs.claim(instance.runs.get(accepted[0], "s0"), "somebody")
    assert [run.id for run in instance.runs.open_runs(10)] == [accepted[1], accepted[2], accepted[0]]
    assert len(instance.runs.open_runs(2)) == 2
