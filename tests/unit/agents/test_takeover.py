"""Several processes and one run: leases, heartbeats, take-over, and the end that only one of them may write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shared.agents.execution import MAX_ATTEMPTS, may_claim
from shared.agents.live import Lease
from shared.agents.runner import TurnInput
from shared.agents.turns import NewTurn, Turns
from shared.kit.documents import Delete
from shared.kit.errors import NotFound
from shared.kit.stop import StopSignal
from shared.sessions.eventlog import ATTEMPT_STRIDE
from shared.sessions.events import Delta, RunnerEvent
from shared.sessions.models import Run
from shared.sessions.runs import stored_events
from tests.support.domain import Gate, House, Instance, ending

SILENT = Lease(lasts=15, renewed_every=3600)
"""Of a process that never renews its lease, as if it were frozen."""
IMPATIENT = Lease(lasts=0.02, renewed_every=3600)
"""Of a process that believes every other one dead."""
EAGER = Lease(lasts=15, renewed_every=0.05)
"""Of a process whose heartbeats come often."""


def until(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def read_to_the_end(turns: Turns, run: Run, after: int = -1) -> list[tuple[int, str]]:
    return [(event.index, event.name) for batch in turns.follow(run.id, "s1", after) for event in batch]


def frozen(house: House, message: str = "hello") -> tuple[Instance, Gate, Run]:
    """A process that holds a run, has said its first words and then falls silent."""
    gate = Gate()
    instance = house.instance(gate, SILENT)
    run = instance.start(message)
    assert gate.reached.wait(10)
    return instance, gate, run


def test_a_silent_owners_run_is_taken_over_and_its_own_end_is_refused(house: House) -> None:
    zombie, gate, run = frozen(house)
    successor = house.instance(lease=IMPATIENT)
    until(lambda: may_claim(successor.runs.get(run.id, "s1"), "", IMPATIENT))
    indexes = read_to_the_end(successor.turns(), run)
    assert indexes[0] == (ATTEMPT_STRIDE, "RunStarted")
    assert indexes[-1][1] == "RunCompleted"

    gate.opened.set()
    until(lambda: zombie.live.find(run.id) is None)
    stored = successor.runs.get(run.id, "s1")
    assert (stored.content, stored.fence, stored.owner) == ("to hello", 2, successor.live.owner)
    assert successor.sessions.get("s1").runs == 1
    assert [message.content for message in successor.sessions.tail("s1").messages] == ["hello", "to hello"]
    assert zombie.bus.published == []
    assert [message.id for _, message in successor.bus.published] == [f"evt_{run.id}_2"]


def test_a_reader_beside_the_zombie_is_served_the_other_ones_answer(house: House) -> None:
    zombie, gate, run = frozen(house)
    following = zombie.turns().follow(run.id, "s1")
    seen = next(following)
    successor = house.instance(lease=IMPATIENT)
    until(lambda: may_claim(successor.runs.get(run.id, "s1"), "", IMPATIENT))
    read_to_the_end(successor.turns(), run)
    gate.opened.set()
    rest = [event for batch in following for event in batch]
    assert next(event.name for event in rest if event.index >= ATTEMPT_STRIDE) == "RunStarted"
    assert rest[-1].fields["content"] == "to hello"
    indexes = [event.index for event in [*seen, *rest]]
    assert indexes == sorted(set(indexes))


def test_an_owner_that_renews_its_lease_keeps_its_run(house: House) -> None:
    gate = Gate()
    owner = house.instance(gate, EAGER)
    run = owner.start("hello")
    assert gate.reached.wait(10)
    other = house.instance(lease=Lease(5, 60))
    for _ in range(10):
        time.sleep(0.05)
        assert not may_claim(other.runs.get(run.id, "s1"), "", other.live.lease)
    assert not other.turns().recover(run.id)
    gate.opened.set()
    assert read_to_the_end(owner.turns(), run)[-1][1] == "RunCompleted"
    assert owner.runs.get(run.id, "s1").fence == 1


def test_heartbeats_store_the_words_so_far_with_their_events(house: House) -> None:
    gate = Gate(words="half a sentence")
    owner = house.instance(gate, EAGER)
    run = owner.start("hello")
    elsewhere = house.instance()
    until(lambda: elsewhere.runs.get(run.id, "s1").content)
    stored = elsewhere.runs.get(run.id, "s1")
    assert (stored.state, stored.content) == ("running", "half a sentence")
    assert [event.name for event in stored_events(stored).events] == ["RunStarted", "RunContent"]
    assert [event.fields.get("content") for event in stored_events(stored).events] == [None, "half a sentence"]
    gate.opened.set()
    assert read_to_the_end(elsewhere.turns(), run)[-1][1] == "RunCompleted"


def test_a_wish_to_cancel_reaches_the_owner_with_its_next_heartbeat(house: House) -> None:
    gate = Gate()
    owner = house.instance(gate, EAGER)
    run = owner.start("hello")
    assert gate.reached.wait(10)
    elsewhere = house.instance()
    elsewhere.turns().cancel(run.id, "from afar")
    assert read_to_the_end(elsewhere.turns(), run)[-1][1] == "RunCancelled"
    stored = elsewhere.runs.get(run.id, "s1")
    assert stored.failure is not None
    assert (stored.content, stored.failure.message) == ("so far", "from afar")


def test_a_wish_to_cancel_that_no_heartbeat_met_still_lets_the_answer_end(house: House) -> None:
    owner, gate, run = frozen(house)
    house.instance().turns().cancel(run.id, "from afar")
    gate.opened.set()
    until(lambda: owner.live.find(run.id) is None)
    stored = owner.runs.get(run.id, "s1")
    assert stored.state == "completed", "the conflict with the wish is no reason to lose a finished answer"


def test_the_next_message_takes_a_dead_run_over_before_its_own(house: House) -> None:
    frozen(house, "one")
    successor = house.instance(lease=Lease(0.3, 60))
    assert successor.say("two").state == "completed"
    assert [turn.message for turn in successor.runner.asked] == ["one", "two"]
    assert [message.content for message in successor.runner.asked[1].history] == ["one", "to one"]


def test_many_processes_that_meet_a_dead_run_work_on_it_once(house: House) -> None:
    frozen(house)
    (run,) = house.instance().runs.page("s1", 1)
    successors = [house.instance(lease=Lease(0.3, 60)) for _ in range(6)]
    until(lambda: may_claim(house.instance().runs.get(run.id, "s1"), "", Lease(0.3, 60)))
    threads = [threading.Thread(target=read_to_the_end, args=(each.turns(), run)) for each in successors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert sum(len(each.runner.asked) for each in successors) == 1
    assert sum(len(each.bus.published) for each in successors) == 1
    assert house.instance().sessions.get("s1").runs == 1


def test_a_run_whose_attempts_all_die_is_given_up_with_its_last_words(house: House) -> None:
    first = house.instance()
    run = first.turns().accept(NewTurn("a1", "hello", "s1", background=True), "u1").run
    for attempt in range(MAX_ATTEMPTS):
        current = first.runs.get(run.id, "s1")
        first.runs.claim(current, f"dead-{attempt}")
        claimed = first.runs.get(run.id, "s1")
        log = stored_events(claimed)
        first.runs.patch(run.id, first.runs.progress(run.id, claimed.fence, f"words of {attempt}", "", log.dump()))
    last = house.instance(lease=IMPATIENT)
    until(lambda: may_claim(last.runs.get(run.id, "s1"), "", IMPATIENT))
    assert last.turns().recover(run.id)
    ended = last.runs.get(run.id, "s1")
    assert ended.failure is not None
    assert (ended.state, ended.content, ended.failure.kind) == ("interrupted", "words of 2", "interrupted")
    assert last.runner.asked == []
    replayed = stored_events(ended).events
    assert [event.name for event in replayed] == ["RunContent", "RunError"]
    assert replayed[0].fields["content"] == "words of 2"
    assert [message.content for message in last.sessions.tail("s1").messages] == ["hello", "words of 2"]
    turns = last.turns()
    assert turns.finish(turns.retry(run.id, "s1")).state == "completed", "a person may still ask for another attempt"


def test_a_session_that_is_deleted_under_its_run_takes_the_run_with_it(house: House) -> None:
    owner, gate, run = frozen(house)
    elsewhere = house.instance()
    elsewhere.deletions.delete("s1")
    gate.opened.set()
    until(lambda: owner.live.find(run.id) is None)
    assert elsewhere.runs.find(run.id) is None
    assert elsewhere.sessions.find("s1") is None
    assert elsewhere.store.query("outbox") == []
    assert elsewhere.blobs.list("runs/") == []
    assert elsewhere.sessions.tail("s1").messages == ()
    assert owner.bus.published == []


def test_a_run_accepted_while_its_session_was_being_deleted_leaves_nothing_behind(house: House) -> None:
    instance = house.instance()
    instance.say("before")
    turns = instance.turns()
    accepted = turns.accept(NewTurn("a1", "meanwhile", "s1"), "u1")
    instance.store.commit(Delete("sessions/s1"), Delete("sessions/s1/tail/0"))
    with pytest.raises(NotFound):
        turns.finish(accepted)
    assert instance.runs.find(accepted.run.id) is None
    assert instance.sessions.find("s1") is None
    assert instance.store.get("sessions/s1/tail/0") == [None]


def test_a_heartbeat_and_the_end_of_a_run_do_not_meet(house: House) -> None:
    def quick(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        for number in range(30):
            time.sleep(0.002)
            yield Delta(f"{number} ")
        yield from ending("".join(f"{number} " for number in range(30)))

    instance = house.instance(quick, Lease(lasts=15, renewed_every=0.004))
    for number in range(5):
        run = instance.say(f"message {number}")
        assert run.state == "completed"
        assert instance.runs.get(run.id, "s1").content == run.content
    assert instance.sessions.get("s1").runs == 5
