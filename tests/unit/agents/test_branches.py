"""Branches of a session: a run stands after its parent, and the model is shown the ancestors of the run and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.agents.live import Lease
from shared.agents.runner import TurnInput
from shared.agents.turns import Idempotency, NewTurn
from shared.kit.documents import Create, Patch
from shared.kit.errors import Conflict, ModelFailed, Unprocessable
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, RunnerEvent
from shared.sessions.models import Run
from shared.sessions.runs import run_path
from shared.sessions.tail import MAX_TURNS
from tests.support.crowd import KINDS, Crowd, seeded
from tests.support.domain import Gate, House, Instance, answer, questions

KEY = Idempotency("k1", "key:1")


def shown(instance: Instance) -> list[str]:
    """The questions that the model was shown before the last one it was asked."""
    return questions(instance.runner.asked[-1])


def chain(instance: Instance, count: int) -> list[Run]:
    return [instance.say(f"m{number}") for number in range(count)]


def reads_of(instance: Instance, message: str, parent: str) -> int:
    """Documents that were read for a turn, without the one that tells a caller its end."""
    before = instance.store.reads
    instance.turns().finish(instance.turns().accept(NewTurn("a1", message, "s1", parent=parent), "u1"))
    return instance.store.reads - before


def fails(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
    """Messages with `fails` get no answer, those with `breaks` half of one."""
    if "breaks" in turn.message:
        yield Delta("half of it")
    if "fails" in turn.message or "breaks" in turn.message:
        raise ModelFailed("no")
    yield from answer(turn, stop)


def test_a_message_without_a_parent_follows_the_run_that_was_last_worked_on(instance: Instance) -> None:
    runs = chain(instance, 3)
    assert [run.parent for run in runs] == ["", runs[0].id, runs[1].id]
    assert [instance.runs.get(run.id, "s1").parent for run in runs] == [run.parent for run in runs], "it is stored"
    assert shown(instance) == ["m0", "m1"]


def test_the_last_message_is_edited_and_a_later_one_goes_on_in_its_branch(instance: Instance) -> None:
    runs = chain(instance, 3)
    edited = instance.say("edited", parent=runs[1].id)
    assert shown(instance) == ["m0", "m1"]
    assert instance.say("next").parent == edited.id
    assert shown(instance) == ["m0", "m1", "edited"]


def test_the_first_message_of_a_session_is_edited(instance: Instance) -> None:
    chain(instance, 3)
    assert instance.say("another start", parent="").parent == ""
    assert shown(instance) == []
    instance.say("next")
    assert shown(instance) == ["another start"]


def test_an_answer_is_regenerated_twice_and_the_conversation_goes_on_after_the_first(instance: Instance) -> None:
    first, second = chain(instance, 2)
    again = [instance.say("m1", parent=first.id) for _ in range(2)]
    assert [run.parent for run in again] == [first.id] * 2
    after = instance.say("next", parent=second.id)
    assert shown(instance) == ["m0", "m1"]
    instance.say("and more")
    assert shown(instance) == ["m0", "m1", "next"]
    assert instance.runs.page("s1", 10)[-1].parent == after.id


@pytest.mark.parametrize("place", [0, 1, 17, 22, 38, 43])
def test_the_model_is_shown_the_last_turns_before_an_edited_message_however_old_it_is(instance: Instance, place: int) -> None:
    runs = chain(instance, 45)
    parent = runs[place]
    said = [run.request.message for run in runs[: place + 1]][-MAX_TURNS:]
    reads = reads_of(instance, "edited", parent.id)
    assert shown(instance) == said
    assert reads <= 22
    instance.say("next")
    assert shown(instance) == [*said, "edited"][-MAX_TURNS:]
    instance.say("back", parent=runs[-1].id)
    assert shown(instance) == [run.request.message for run in runs[-MAX_TURNS:]]


def test_what_the_window_shows_is_not_read_again(instance: Instance) -> None:
    runs = chain(instance, MAX_TURNS - 1)
    plain = reads_of(instance, "plain", runs[-1].id)
    assert plain == 2
    assert reads_of(instance, "edited", runs[9].id) == plain
    assert reads_of(instance, "a new start", "") == plain
    assert reads_of(instance, "back", runs[9].id) == plain + 10, "a new start has nothing of the old branch in its window"


def test_a_window_that_is_short_of_bytes_stops_reading_when_it_is_full(instance: Instance) -> None:
    long = [instance.say(f"m{number} " + "x" * 45_000) for number in range(10)]
    plain = reads_of(instance, "plain", long[-1].id)
    instance.say("elsewhere", parent="")
    reads = reads_of(instance, "edited", long[8].id)
    assert plain == 2
    assert reads == plain + 3, "each turn has 90 kB"
    assert [message[:2] for message in shown(instance)] == ["m7", "m8"]


def test_runs_that_said_nothing_are_parents_but_add_nothing(house: House) -> None:
    instance = house.instance(fails)
    first = instance.say("one")
    failed = instance.say("fails")
    after = instance.say("two")
    assert (failed.parent, after.parent) == (first.id, failed.id)
    assert shown(instance) == ["one"]
    instance.say("elsewhere", parent="")
    assert instance.say("three", parent=failed.id).parent == failed.id
    assert shown(instance) == ["one"]
    instance.say("elsewhere, fails", parent="")
    instance.say("follows what failed there")
    assert shown(instance) == []
    instance.say("four", parent=after.id)
    assert shown(instance) == ["one", "two"]


def test_a_run_that_is_taken_up_again_keeps_its_place_and_does_not_see_its_first_attempt(house: House) -> None:
    instance = house.instance(fails)
    first = instance.say("one")
    instance.say("two")
    broken = instance.say("breaks", parent=first.id)
    assert broken.state == "interrupted"
    instance.runner.play = answer
    turns = instance.turns()
    ended = turns.finish(turns.retry(broken.id, "s1"))
    assert (ended.state, ended.parent) == ("completed", first.id)
    assert shown(instance) == ["one"]
    instance.say("next")
    assert shown(instance) == ["one", "breaks"]


def test_an_older_branch_is_not_taken_up_again_but_sent_again(house: House) -> None:
    instance = house.instance(fails)
    first = instance.say("one")
    broken = instance.say("breaks")
    instance.say("other", parent=first.id)
    with pytest.raises(Conflict, match="as a new run"):
        instance.turns().retry(broken.id, "s1")


def test_waiting_runs_get_their_parents_when_their_turns_begin(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    before = instance.start("one")
    assert gate.reached.wait(10)
    named = instance.accept("named", parent=before.id, background=True)
    plain = instance.accept("plain", background=True)
    root = instance.accept("root", parent="", background=True)
    assert [run.parent for run in (named, plain, root)] == [before.id, None, ""]
    gate.opened.set()
    list(instance.turns().follow(before.id, "s1"))
    worker = house.instance(lease=Lease(0.0, 60))
    for run in (named, plain, root):
        worker.turns().recover(run.id)
    assert [instance.runs.get(run.id, "s1").parent for run in (named, plain, root)] == [before.id, named.id, ""]
    assert [questions(turn) for turn in worker.runner.asked] == [["one"], ["one", "named"], []]


def test_a_run_that_is_cancelled_in_the_queue_stands_after_the_one_that_it_waited_for(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    instance.turns().accept(NewTurn("a1", "one", "s1"), "u1")
    (running,) = instance.runs.page("s1", 1)
    waiting = instance.start("two")
    instance.turns().cancel(waiting.id, "never mind")
    list(instance.turns().follow(waiting.id, "s1"))
    assert instance.runs.get(waiting.id, "s1").parent == running.id
    house.instance(lease=Lease(0.0, 60)).turns().recover(running.id)
    assert instance.sessions.tail("s1").last == running.id, "it did not take part in the conversation"


@pytest.mark.parametrize("named", [False, True])
def test_a_run_that_is_taken_over_has_the_same_history(house: House, *, named: bool) -> None:
    instance = house.instance()
    runs = chain(instance, 25)
    parent = runs[3] if named else runs[-1]
    dead = instance.accept("dies", parent=parent.id if named else None)
    assert dead.state == "running"
    successor = house.instance(lease=Lease(0.0, 60))
    assert successor.turns().recover(dead.id)
    assert shown(successor) == [run.request.message for run in (runs[:4] if named else runs)][-MAX_TURNS:]
    assert successor.runs.get(dead.id, "s1").parent == parent.id
    instance.say("next")
    assert shown(instance)[-1] == "dies"


def test_a_long_message_of_a_branch_is_read_whole_from_its_blob(instance: Instance) -> None:
    text = "start " + "é" * 300_000
    long = instance.say(text)
    instance.say("elsewhere", parent="")
    instance.say("back", parent=long.id)
    assert shown(instance)[0].startswith("start ééé")
    assert len(shown(instance)[0]) > 20_000


@pytest.mark.parametrize("session", ["s1", "unknown", ""])
def test_a_parent_that_is_no_run_of_the_session_is_refused_and_nothing_is_kept(instance: Instance, session: str) -> None:
    instance.say("one")
    other = instance.say("other", "s2")
    writes = instance.store.writes
    for parent in (other.id, "run_unknown"):
        with pytest.raises(Unprocessable, match="must be a run of this session") as refusal:
            instance.accept("edited", session, parent=parent)
        assert refusal.value.fields[0][0] == "parent_run_id"
    assert instance.store.writes == writes
    assert instance.sessions.tail("s1").free


@pytest.mark.parametrize("parent", ["root", "its last run"])
def test_a_message_after_a_run_of_a_deleted_session_does_not_make_the_session_again(instance: Instance, parent: str) -> None:
    last = instance.say("one")
    run = instance.store.get(run_path(last.id))[0]
    instance.deletions.delete("s1")
    assert run is not None
    # As a deletion leaves it that is still under way: the session is gone, its runs are not.
    instance.store.commit(Create(run_path(last.id), run.fields))
    with pytest.raises(Unprocessable, match="session is not there"):
        instance.accept("two", parent="" if parent == "root" else last.id)
    assert instance.sessions.find("s1") is None


def test_a_run_that_must_wait_costs_one_read_for_its_parent_and_none_when_the_window_knows_it(house: House) -> None:
    gate = Gate()
    instance = house.instance()
    old = chain(instance, MAX_TURNS + 5)
    instance.runner.play = gate
    running = instance.start("runs")
    assert gate.reached.wait(10)

    def reads(parent: str | None) -> int:
        before = instance.store.reads
        instance.accept("waits", parent=parent, background=True)
        return instance.store.reads - before

    plain = reads(None)
    assert [reads(parent) - plain for parent in (running.id, old[-1].id, old[-3].id, "", old[0].id)] == [0, 0, 0, 0, 1]
    with pytest.raises(Unprocessable, match="no run with id"):
        reads("run_unknown")
    gate.opened.set()
    list(instance.turns().follow(running.id, "s1"))


def test_a_key_that_comes_again_with_another_parent_is_refused(instance: Instance) -> None:
    first = instance.say("one")
    turns = instance.turns()
    turns.finish(turns.accept(NewTurn("a1", "two", "s1", parent=first.id), "u1", KEY))
    assert turns.accept(NewTurn("a1", "two", "s1", parent=first.id), "u1", KEY).repeated
    for other in (None, ""):
        with pytest.raises(Unprocessable, match="another body"):
            turns.accept(NewTurn("a1", "two", "s1", parent=other), "u1", KEY)


def test_a_session_from_before_there_were_branches_goes_on(instance: Instance) -> None:
    runs = chain(instance, 3)
    for run in runs:
        instance.store.commit(Patch(run_path(run.id), {"parent": None}))
    instance.say("next")
    assert shown(instance) == ["m0", "m1", "m2"]
    instance.say("edited", parent=runs[1].id)
    assert shown(instance) == ["m0", "m1"]


def test_whatever_comes_at_once_every_run_sees_its_ancestors(house: House) -> None:
    """Three processes, with threads that send after any earlier run or after none, in the background, cancel, fail and die."""
    chance, crowd = seeded(), Crowd(house)
    plan = [(number, chance.choice(KINDS), chance.random(), chance.uniform(0, 0.02)) for number in range(60)]

    def send(step: tuple[int, str, float, float]) -> None:
        number, kind, place, pause = step
        time.sleep(pause)
        before = crowd.accepted[:]
        # Only who knows that the session is there may name a place in it.
        named = before[int(place * len(before))].id if before and place < 0.6 else "" if before and place > 0.9 else None
        crowd.send(number, kind, named)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, plan))
    house.end_all(crowd.play)
    check(crowd.instances[0], crowd.seen, crowd.accepted)
    assert crowd.overlaps == [], "never two at once"


def check(instance: Instance, seen: dict[str, list[str]], accepted: list[Run]) -> None:
    """Each run kept the parent that it was accepted with, and the model was shown just its ancestors that said something."""
    runs = {run.id: run for run in instance.runs.page("s1", 200)}
    assert len(runs) == len(accepted)
    assert not any(run.open for run in runs.values())
    assert all(runs[run.id].parent == run.parent for run in accepted if run.parent is not None)
    for run in runs.values():
        ancestors, place, steps = list[str](), run.parent, 0
        while place:
            if runs[place].state == "completed" or runs[place].content:
                ancestors.insert(0, runs[place].request.message)
            place, steps = runs[place].parent, steps + 1
        if run.request.message in seen:
            expected = ancestors[-MAX_TURNS:]
            # A walk ends after MAX_TURNS reads, also when some of what it read had said nothing.
            assert seen[run.request.message] == expected or (
                steps > MAX_TURNS and expected[-len(seen[run.request.message]) :] == seen[run.request.message]
            ), run.request.message
    last = instance.sessions.tail("s1")
    assert last.free
    assert runs[last.last].state != "queued"
