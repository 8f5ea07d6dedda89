"""Whose turn it is: a free session's next run begins as it is accepted; every other one waits for the end of those before it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.agents.live import Lease
from shared.agents.runner import TurnInput
from shared.kit.documents import Documents, Patch, Write, Written
from shared.kit.errors import ModelFailed
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, RunnerEvent
from shared.sessions.models import NewSession
from shared.sessions.runs import run_path
from shared.sessions.store import tail_path
from tests.support.crowd import KINDS, Crowd, seeded
from tests.support.domain import Gate, House, Instance


def test_a_run_of_a_free_session_takes_its_turn_in_the_commit_that_accepts_it(instance: Instance) -> None:
    instance.say("warm")
    before = (instance.store.reads, instance.store.commits)
    run = instance.runs.get(instance.accept("next").id, "s1")
    assert (run.state, run.fence, run.owner) == ("running", 1, instance.live.owner)
    assert (instance.store.reads - before[0] - 1, instance.store.commits - before[1]) == (2, 1), "session and window; the run"
    assert not instance.sessions.tail("s1").free


@pytest.mark.parametrize("session", ["none", "created without a turn"])
def test_the_first_run_of_a_session_begins_at_once(instance: Instance, session: str) -> None:
    if session != "none":
        instance.sessions.create(NewSession("s1", "a1", "u1"))
    assert instance.accept("hello").state == "running"
    assert instance.accept("and").state == "queued"


@pytest.mark.parametrize("state", ["running", "waiting for the worker"])
def test_a_run_behind_an_open_one_waits(house: House, state: str) -> None:
    instance = house.instance()
    instance.accept("one", background=state != "running")
    assert instance.accept("two").state == "queued"
    house.end_all()
    assert [run.state for run in instance.runs.page("s1", 10)] == ["completed"] * 2
    assert instance.accept("three").state == "running", "all have ended, so the session is free again"


def test_a_session_is_free_again_after_a_run_that_said_nothing(house: House) -> None:
    def fail(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        raise ModelFailed("no")

    instance = house.instance(fail)
    assert instance.say("one").state == "failed"
    assert instance.accept("two").state == "running"


def test_a_run_that_is_taken_up_again_is_waited_for(house: House) -> None:
    def fail(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        yield Delta("half")
        raise ModelFailed("no")

    instance = house.instance(fail)
    failed = instance.say("one")
    instance.turns().retry(failed.id, "s1")
    assert instance.accept("two").state == "queued"
    house.end_all()
    assert [run.content for run in instance.runs.page("s1", 10)] == ["to one", "to two"]


def test_a_run_that_is_cancelled_in_the_queue_does_not_free_the_session_for_a_later_one(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    first = instance.start("one")
    assert gate.reached.wait(10)
    second = instance.start("two")
    instance.turns().cancel(second.id, "never mind")
    list(instance.turns().follow(second.id, "s1"))
    assert instance.accept("three").state == "queued"
    gate.opened.set()
    list(instance.turns().follow(first.id, "s1"))
    house.end_all()
    assert instance.sessions.tail("s1").free


class Meeting:
    """Documents whose first commit by each of `parties` waits until all of them are about to commit."""

    def __init__(self, inner: Documents, parties: int) -> None:
        self._inner = inner
        self._barrier = threading.Barrier(parties)
        self._met = threading.local()

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def commit(self, *writes: Write) -> list[Written]:
        if not getattr(self._met, "done", False):
            self._met.done = True
            self._barrier.wait(10)
        return self._inner.commit(*writes)


@pytest.mark.parametrize("known", [False, True])
def test_of_runs_that_saw_the_same_free_session_one_begins_and_the_others_wait(house: House, *, known: bool) -> None:
    instance = house.instance()
    if known:
        instance.say("before")
    instance.store.inner = Meeting(instance.store.inner, 5)  # type: ignore[assignment]
    with ThreadPoolExecutor(5) as pool:
        runs = list(pool.map(lambda number: instance.accept(f"m{number}"), range(5)))
    assert sorted(run.state for run in runs) == ["queued"] * 4 + ["running"]
    stored = instance.runs.page("s1", 10)
    assert stored[1 if known else 0].state == "running", "the one that begins is the first in the session's order"


def test_a_deleted_session_leaves_nothing_to_a_new_one_of_its_name(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    instance.start("secret")
    assert gate.reached.wait(10)
    instance.accept("waits")
    instance.deletions.delete("s1")
    instance.store.commit(Patch(tail_path("s1"), {"waiting": True, "turns": '[["run_old",[]]]'}, upsert=True))  # As a late writer would.
    assert instance.accept("hello").state == "running"
    assert instance.sessions.tail("s1").turns == ()
    gate.opened.set()


def test_two_runs_that_the_database_accepted_in_one_moment_both_end_before_a_third_begins(house: House) -> None:
    """Firestore's times have milliseconds: the later of two may sort first, and then is the first to run."""
    instance = house.instance()
    one, two = instance.accept("one", background=True), instance.accept("two", background=True)
    (snapshot,) = instance.store.get(run_path(two.id))
    assert snapshot is not None
    early = instance.runs.get(one.id, "s1").created_at.replace(microsecond=0)
    instance.store.commit(Patch(run_path(two.id), {"created_at": early}))
    worker = house.instance(lease=Lease(15, 60))
    worker.turns().recover(two.id)
    assert [turn.message for turn in worker.runner.asked] == ["two"]
    assert instance.accept("three").state == "queued", "one still waits"
    house.end_all()
    assert instance.sessions.tail("s1").free


def test_runs_end_one_by_one_in_their_order_whatever_comes_between(house: House) -> None:
    """Three processes, each with threads that send, send in the background, cancel, fail and die, in one session."""
    chance, crowd = seeded(), Crowd(house)
    plan = [(number, chance.choice(KINDS), chance.uniform(0, 0.01)) for number in range(45)]

    def send(step: tuple[int, str, float]) -> None:
        number, kind, pause = step
        time.sleep(pause)
        crowd.send(number, kind)

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(send, plan))
    house.end_all(crowd.play)
    instance = crowd.instances[0]
    runs = instance.runs.page("s1", 200)
    assert len(runs) == 45
    assert not any(run.open for run in runs)
    assert crowd.overlaps == [], "never two at once"
    order = [run.request.message for run in runs]
    for message, before in crowd.seen.items():
        places = [order.index(each) for each in before]
        assert places == sorted(places)
        assert all(place < order.index(message) for place in places), f"{message} saw a turn that was accepted after it"
    completed = [run for run in runs if run.content or run.state == "completed"]
    assert [run for run, _ in instance.sessions.tail("s1").turns] == [run.id for run in completed][-20:], "no turn was lost"
    assert instance.sessions.tail("s1").free
