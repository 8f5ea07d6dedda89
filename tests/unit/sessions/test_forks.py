"""Forks: a new session with copies of one branch, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.agents.runner import TurnInput
from shared.agents.turns import NewTurn
from shared.kit import faults
from shared.kit.documents import Patch
from shared.kit.errors import Conflict, ModelFailed, NotFound, TooLarge, Unavailable
from shared.kit.stop import StopSignal
from shared.sessions import forks
from shared.sessions.events import Delta, RunnerEvent
from shared.sessions.forks import Forks
from shared.sessions.messages import Attachment
from shared.sessions.models import Feedback, Run, Session
from shared.sessions.runs import stored_events
from shared.sessions.store import SessionFilter
from shared.sessions.tail import MAX_TURNS
from tests.support.domain import Instance, answer


def fork(instance: Instance, run: str, session: str = "s1") -> Session:
    made = Forks(instance.store, instance.blobs).fork(instance.sessions.get(session), run)
    return instance.sessions.get(made)


def told(run: Run) -> tuple[Any, ...]:
    """What a reader of a run sees."""
    events = [(event.index, event.name, event.at, event.fields) for event in stored_events(run).events]
    return run.request.message, run.content, run.reasoning, run.messages, run.state, run.outcome, run.failure, run.created_at, events


def texts(runs: list[Run]) -> list[str]:
    return [run.request.message for run in runs]


def nothing_left(instance: Instance, known: set[str]) -> bool:
    """Whether the store holds these runs and no others, and no marker."""
    return {run.id for run in instance.store.query("runs")} == known and not instance.store.query("forks")


def test_a_fork_holds_copies_of_the_branch_and_goes_on_by_itself(instance: Instance) -> None:
    first = instance.say("one")
    instance.say("left out")
    second = instance.say("two", parent=first.id)
    instance.say("later")
    made = fork(instance, second.id)
    copies = instance.runs.page(made.id, 10)
    assert [told(copy) for copy in copies] == [told(instance.runs.get(run.id, "s1")) for run in (first, second)]
    assert [copy.parent for copy in copies] == ["", copies[0].id]
    assert not {first.id, second.id} & {copy.id for copy in copies}
    session = instance.sessions.get("s1")
    assert (made.title, made.agent, made.user) == ("one (fork)", session.agent, session.user)
    assert (made.runs, made.cost_micros, made.usage.input_tokens) == (2, 0, 0), "what the originals cost is counted there"
    assert instance.sessions.tail(made.id).free
    assert instance.say("three", made.id).parent == copies[1].id
    assert [message.content for message in instance.runner.asked[-1].history] == ["one", "to one", "two", "to two"]
    assert texts(instance.runs.page(made.id, 10)) == ["one", "two", "three"]
    assert texts(instance.runs.page("s1", 10)) == ["one", "left out", "two", "later"]


def test_files_and_long_texts_are_copied_and_outlive_the_original(instance: Instance) -> None:
    file = Attachment("a.txt", "text/plain", b"content of the file")
    turns = instance.turns()
    long = turns.finish(turns.accept(NewTurn("a1", "é" * 300_000, "s1", attachments=(file,)), "u1"), (file,))
    before = told(instance.runs.get(long.id, "s1"))
    made = fork(instance, long.id)
    instance.runs.discard(long.id)
    (copy,) = instance.runs.page(made.id, 10)
    assert told(copy) == before
    (stored,) = copy.request.files
    assert (stored.name, instance.blobs.get(stored.blob)) == ("a.txt", b"content of the file")
    assert {blob.path.split("/")[1] for blob in instance.blobs.list("runs/")} == {copy.id}


def test_a_long_conversation_is_copied_in_its_order(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_BATCH_RUNS", 7)
    runs = [instance.say(f"m{number}") for number in range(30)]
    made = fork(instance, runs[-2].id)
    copies = instance.runs.page(made.id, 100)
    assert texts(copies) == [f"m{number}" for number in range(29)]
    assert [copy.parent for copy in copies] == ["", *(copy.id for copy in copies[:-1])]
    window = instance.sessions.tail(made.id)
    assert [run for run, _ in window.turns] == [copy.id for copy in copies[-MAX_TURNS:]]
    instance.say("edited", made.id, parent=copies[3].id)
    assert [message.content for message in instance.runner.asked[-1].history][::2] == ["m0", "m1", "m2", "m3"]


def test_large_runs_are_copied_within_the_limits_of_a_commit(instance: Instance) -> None:
    runs = [instance.say(f"m{number}" + "x" * 160_000) for number in range(14)]
    assert len(instance.runs.page(fork(instance, runs[-1].id).id, 100)) == 14


def test_a_run_that_failed_is_copied_and_taken_up_again_in_the_copy(instance: Instance) -> None:
    def breaks(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        yield Delta("half")
        raise ModelFailed("no")

    instance.runner.play = breaks
    made = fork(instance, instance.say("one").id)
    (copy,) = instance.runs.page(made.id, 10)
    instance.runner.play = answer
    turns = instance.turns()
    assert turns.finish(turns.retry(copy.id, made.id)).content == "to one"
    assert instance.runs.page("s1", 10)[0].state == "interrupted"


def test_what_readers_thought_stays_with_the_original(instance: Instance) -> None:
    run = instance.say("one")
    instance.runs.rate(run.id, Feedback("up"))
    (copy,) = instance.runs.page(fork(instance, run.id).id, 10)
    assert copy.feedback is None


def test_a_fork_of_a_fork_and_a_fork_without_its_original(instance: Instance) -> None:
    one = fork(instance, instance.say("one").id)
    (copy,) = instance.runs.page(one.id, 10)
    two = fork(instance, copy.id, one.id)
    assert texts(instance.runs.page(two.id, 10)) == ["one"]
    assert two.title == "one (fork) (fork)"


def test_an_open_run_is_not_copied_but_what_stands_before_it_is(instance: Instance) -> None:
    first = instance.say("one")
    running = instance.turns().accept(NewTurn("a1", "two", "s1"), "u1").run
    with pytest.raises(Conflict, match="still being answered"):
        fork(instance, running.id)
    assert nothing_left(instance, {first.id, running.id})
    assert texts(instance.runs.page(fork(instance, first.id).id, 10)) == ["one"]


def test_a_run_of_another_session_is_not_found(instance: Instance) -> None:
    instance.say("one")
    other = instance.say("other", "s2")
    for run in (other.id, "run_unknown"):
        with pytest.raises(NotFound, match="not found in session 's1'"):
            fork(instance, run)


@pytest.mark.parametrize("limit", ["MOST_RUNS", "MOST_FILE_BYTES"])
def test_what_is_too_much_is_refused_and_leaves_nothing(instance: Instance, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(forks, "_BATCH_RUNS", 2)
    monkeypatch.setattr(forks, limit, 4)
    file = (Attachment("a.txt", "text/plain", b"x"),)
    runs = [instance.say(f"m{number}", attachments=file) for number in range(5)]
    with pytest.raises(TooLarge, match="at an earlier"):
        fork(instance, runs[-1].id)
    finish_deletions(instance)
    assert nothing_left(instance, {run.id for run in runs})
    assert texts(instance.runs.page(fork(instance, runs[3].id).id, 10)) == ["m0", "m1", "m2", "m3"]


def test_a_fork_that_its_process_did_not_survive_is_never_seen_and_removed_by_the_sweeper(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "_BATCH_RUNS", 2)
    file = (Attachment("a.txt", "text/plain", b"x"),)
    runs = [instance.say(f"m{number}", attachments=file) for number in range(5)]
    monkeypatch.setattr(Forks, "_give_up", lambda *_: None)  # As if the process were gone.
    faults.arm("mid_fork=raise#2", beside_emulator=True)
    try:
        with pytest.raises(Unavailable):
            fork(instance, runs[-1].id)
    finally:
        faults.arm("", beside_emulator=True)
    monkeypatch.undo()
    assert len(instance.store.query("runs")) == 9
    assert [session.id for session in instance.sessions.page(SessionFilter(), "created_at", False, 10, 1)[0]] == ["s1"]
    sweeper = Forks(instance.store, instance.blobs)
    assert sweeper.give_up_abandoned() == 0, "it may be under way"
    (marker,) = instance.store.query("forks")
    instance.store.commit(Patch(marker.path, {"created_at": marker.fields["created_at"] - timedelta(hours=2)}))
    assert sweeper.give_up_abandoned() == 1
    finish_deletions(instance)
    assert nothing_left(instance, {run.id for run in runs})
    assert len(instance.blobs.list("runs/")) == 5


def test_a_fork_that_was_taken_for_abandoned_ends_as_none(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "ABANDONED_AFTER", -1.0)
    run = instance.say("one")
    copy_runs = Forks._copy_runs

    def swept(self: Forks, *arguments: Any) -> int:
        count = copy_runs(self, *arguments)
        assert self.give_up_abandoned() == 1
        return count

    monkeypatch.setattr(Forks, "_copy_runs", swept)
    with pytest.raises(Unavailable, match="try again"):
        fork(instance, run.id)
    finish_deletions(instance)
    assert nothing_left(instance, {run.id})


def finish_deletions(instance: Instance) -> None:
    """As the sweeper does."""
    for session in instance.deletions.unfinished():
        instance.deletions.finish(session)
