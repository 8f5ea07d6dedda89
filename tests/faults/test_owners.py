"""Two instances on one store, each step of a race placed by hand: one owner at a time, one end for each run, right books."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.agents.live import LiveRun
from shared.agents.runner import TurnInput
from shared.agents.turns import Idempotency, NewTurn
from shared.kit import faults
from shared.kit.bus import Message
from shared.kit.errors import Conflict, ModelFailed, Unprocessable
from shared.kit.outbox import Outbox
from shared.sessions.messages import Attachment
from shared.sessions.models import Run
from shared.sessions.runs import RunStore
from tests.support.books import imbalances
from tests.support.instance import Instance, ScriptedRunner

LONG = 60.0
KEY = Idempotency("k1", "p1")


class Gate:
    """Holds whoever comes to it until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def wait(self, *_: Any) -> None:
        self.reached.set()
        assert self.opened.wait(30)


def books(instance: Instance) -> list[str]:
    return imbalances(instance.documents, instance.execution.blobs)


@pytest.fixture
def armed() -> Iterator[None]:
    """Faults that a test armed are disarmed when it ends."""
    yield
    faults.arm("", beside_emulator=True)


def send(instance: Instance, message: str) -> Run:
    return instance.turns.finish(instance.turns.accept(NewTurn("a", message, session="s1"), "u"))


def broken(_turn: TurnInput, _word: int) -> None:
    raise ModelFailed("the model's server broke off")


def test_a_run_cancelled_here_and_taken_over_elsewhere_is_let_go(tmp_path: Path) -> None:
    gate = Gate()
    first = Instance.open(tmp_path, lease=0.5, runner=ScriptedRunner(gate.wait), beats=False)
    second = Instance.open(tmp_path, lease=0.5)
    accepted = first.turns.accept(NewTurn("a", "hello"), "u")
    live = first.turns.start(accepted)
    assert live is not None
    assert gate.reached.wait(10)
    list(second.turns.follow(accepted.run.id, accepted.run.request.session))
    live.stop.set("cancelled by its user")
    gate.opened.set()
    assert live.log.wait(10_000, 10), "the old owner gives up"
    assert second.execution.runs.get(accepted.run.id, accepted.run.request.session).state == "completed"
    assert books(second) == []


def test_of_two_claims_from_one_view_of_the_queue_only_one_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run is taken up again while the second is about to be claimed: both were the first in the queue when it was read."""
    first, second = Instance.open(tmp_path), Instance.open(tmp_path)
    first.runner.between = broken
    failed = first.turns.finish(first.turns.accept(NewTurn("a", "one", session="s1"), "u"))
    assert failed.state == "failed"
    under_way: list[str] = []
    together: list[list[str]] = []

    def watch(turn: TurnInput, word: int) -> None:
        if word == 0:
            under_way.append(turn.message)
            together.append(list(under_way))
        time.sleep(0.1)
        if word == 1:
            under_way.remove(turn.message)

    first.runner.between = second.runner.between = watch
    gate, claim = Gate(), RunStore.claim

    def late_claim(store: RunStore, *claimed: Any) -> Any:
        if store is first.execution.runs:
            gate.wait()
        return claim(store, *claimed)

    monkeypatch.setattr(RunStore, "claim", late_claim)
    waiting = first.turns.accept(NewTurn("a", "two", session="s1", background=True), "u").run
    with ThreadPoolExecutor(2) as pool:
        later = pool.submit(first.turns.recover, waiting.id)
        assert gate.reached.wait(10)
        monkeypatch.setattr(RunStore, "page", lambda *_, **__: [failed])  # The check and the acceptance of "two" crossed.
        retried = second.turns.retry(failed.id, "s1")
        monkeypatch.undo()
        again = pool.submit(second.turns.finish, retried)
        while not second.runner.asked:
            time.sleep(0.01)
        gate.opened.set()
        assert (again.result(20).state, later.result(20)) == ("completed", True)
    assert together == [["one"], ["two"]], "never two at once"
    assert first.execution.runs.get(waiting.id, "s1").content == "1 before: | one | two"
    assert books(first) == []


def test_two_waiting_runs_of_one_process_work_on_a_dead_neighbour_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    dead = Instance.open(tmp_path, lease=0.5, runner=ScriptedRunner(gate.wait), beats=False)
    dead.turns.start(dead.turns.accept(NewTurn("a", "one", session="s1"), "u"))
    assert gate.reached.wait(10)
    # The first word takes two leases: only a heartbeat keeps the run.
    slow = ScriptedRunner(lambda _turn, word: time.sleep(0 if word else 1.0))
    alive = Instance.open(tmp_path, lease=0.5, runner=slow)
    meeting, add = threading.Barrier(2), alive.execution.live.add

    def add_together(live: LiveRun) -> LiveRun:
        if live.run.request.message == "one":
            meeting.wait(10)
        return add(live)

    monkeypatch.setattr(alive.execution.live, "add", add_together)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(send, alive, message) for message in ("two", "three")]
        answers = [each.result(30).content for each in sent]
    gate.opened.set()
    assert alive.runner.asked[0].message == "one"
    assert sorted(turn.message for turn in alive.runner.asked) == ["one", "three", "two"], "each once: the lease of none ran out"
    assert sorted(answer.partition(" ")[0] for answer in answers) == ["1", "2"]
    assert books(alive) == []


def test_each_attempt_is_counted_once_and_the_run_keeps_their_sum(tmp_path: Path) -> None:
    instance = Instance.open(tmp_path)

    def break_at_the_end(_turn: TurnInput, word: int) -> None:
        if word == 2:
            raise ModelFailed("broke off")

    instance.runner.between = lambda _turn, _word: None
    run = instance.turns.finish(instance.turns.accept(NewTurn("a", "one", session="s1"), "u"))
    assert run.outcome.cost_micros
    instance.runner.between = break_at_the_end
    run = instance.turns.finish(instance.turns.accept(NewTurn("a", "two", session="s1"), "u"))
    assert run.state == "interrupted"
    for _ in range(5):
        run = instance.turns.finish(instance.turns.retry(run.id, "s1"))
        assert run.failure is not None
        assert run.failure.message == "broke off", "a retry is an attempt of its own, however many went before"
    instance.runner.between = lambda _turn, _word: None
    run = instance.turns.finish(instance.turns.retry(run.id, "s1"))
    assert run.state == "completed"
    session = instance.execution.sessions.get("s1")
    assert session.runs == 2
    assert books(instance) == []


@pytest.mark.usefixtures("armed")
def test_a_reader_is_told_that_a_run_could_not_be_begun_and_reads_on_later(tmp_path: Path) -> None:
    instance = Instance.open(tmp_path, lease=0.5, beats=False)
    accepted = instance.turns.accept(NewTurn("a", "hello", background=True), "u")
    faults.arm("before_claim=raise#1", beside_emulator=True)
    run, session = accepted.run.id, accepted.run.request.session
    told = [event for batch in instance.turns.follow(run, session) for event in batch]
    assert [event.name for event in told] == ["RunError"]
    assert told[0].index >= 0
    rest = [event for batch in instance.turns.follow(run, session, after=told[0].index) for event in batch]
    assert rest[-1].name == "RunCompleted"
    assert books(instance) == []


def test_another_request_with_the_same_key_does_not_touch_what_the_first_one_stored(tmp_path: Path) -> None:
    instance = Instance.open(tmp_path)
    long = "x" * 400_000
    sent = NewTurn("a", long, attachments=(Attachment("a.txt", "text/plain", b"first"),))
    accepted = instance.turns.accept(sent, "u", KEY)
    other = NewTurn("a", "y" * 400_000, attachments=(Attachment("a.txt", "text/plain", b"other"),))
    with pytest.raises(Unprocessable):
        instance.turns.accept(other, "u", KEY)
    instance.turns.start(accepted, None)
    assert instance.turns.finish(instance.turns.accept(sent, "u", KEY)).state == "completed"
    (asked,) = instance.runner.asked
    assert asked.message == long
    assert [file.data for file in asked.attachments] == [b"first"]


def test_a_wish_to_cancel_does_not_keep_a_dead_owner_alive(tmp_path: Path) -> None:
    gate = Gate()
    dead = Instance.open(tmp_path, lease=1.0, runner=ScriptedRunner(gate.wait), beats=False)
    accepted = dead.turns.accept(NewTurn("a", "hello"), "u")
    dead.turns.start(accepted)
    assert gate.reached.wait(10)
    other = Instance.open(tmp_path, lease=1.0)
    for _ in range(12):
        other.turns.cancel(accepted.run.id, "now")
        time.sleep(0.1)
    assert other.turns.recover(accepted.run.id)
    gate.opened.set()
    assert other.execution.runs.get(accepted.run.id, accepted.run.request.session).state == "cancelled"
    assert books(other) == []


def test_a_background_run_that_is_taken_up_again_waits_for_no_lease(tmp_path: Path) -> None:
    chat, worker = Instance.open(tmp_path, lease=LONG), Instance.open(tmp_path, lease=LONG)
    accepted = chat.turns.accept(NewTurn("a", "hello", background=True), "u")
    worker.runner.between = broken
    assert worker.turns.recover(accepted.run.id)
    worker.runner.between = lambda _turn, _word: None
    chat.turns.start(chat.turns.retry(accepted.run.id, accepted.run.request.session))
    assert worker.turns.recover(accepted.run.id)
    assert chat.execution.runs.get(accepted.run.id, accepted.run.request.session).state == "completed"


def test_a_waiting_run_is_cancelled_although_its_heartbeat_comes_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    instance = Instance.open(tmp_path, lease=LONG, runner=ScriptedRunner(gate.wait))
    instance.turns.start(instance.turns.accept(NewTurn("a", "one", session="s1"), "u"))
    assert gate.reached.wait(10)
    waiting = instance.turns.accept(NewTurn("a", "two", session="s1"), "u")
    live = instance.turns.start(waiting)
    claims, claim = [], RunStore.claim

    def beaten(store: RunStore, run: Any, *more: Any) -> Any:
        claims.append(run.id)
        if len(claims) == 1:
            raise Conflict("changed")
        return claim(store, run, *more)

    monkeypatch.setattr(RunStore, "claim", beaten)
    instance.turns.cancel(waiting.run.id, "enough")
    told = [event.name for batch in instance.turns.follow(waiting.run.id, "s1", live=live) for event in batch]
    assert told == ["RunCancelled"]
    gate.opened.set()
    list(instance.turns.follow(instance.execution.runs.page("s1", 2)[0].id, "s1"))
    assert books(instance) == []


def test_what_a_crash_left_in_the_outbox_is_published_however_much_it_is(tmp_path: Path) -> None:
    instance = Instance.open(tmp_path)
    messages = [Message(f"evt_{number}", {"number": number}) for number in range(25)]
    for message in messages:
        instance.documents.commit(Outbox.entry("events", message))
    taken: list[str] = []

    class Taking:
        def publish(self, topic: str, *published: Message) -> list[str]:
            taken.extend(message.id for message in published)
            return [message.id for message in published]

    assert Outbox(instance.documents, Taking()).sweep(0.0, limit=10) == 25
    assert taken == [message.id for message in messages]
    assert books(instance) == []


def test_the_whole_queue_of_a_dead_process_waits_for_one_lease_only(tmp_path: Path) -> None:
    gate, lease = Gate(), 2.0
    dead = Instance.open(tmp_path, lease=lease, runner=ScriptedRunner(gate.wait), beats=False)
    alive = Instance.open(tmp_path, lease=lease, runner=ScriptedRunner(lambda _turn, word: time.sleep(0 if word else 0.1)))
    queue = [dead.turns.accept(NewTurn("a", f"message {number}", session="s1"), "u") for number in range(6)]
    died = time.monotonic()
    for accepted in queue:
        dead.turns.start(accepted)
    assert gate.reached.wait(10)
    with ThreadPoolExecutor(6) as pool:
        for reader in [pool.submit(lambda run: list(alive.turns.follow(run, "s1")), accepted.run.id) for accepted in queue]:
            reader.result(60)
    took = time.monotonic() - died
    gate.opened.set()
    assert took < 2 * lease + 6 * 0.35, f"{took:.1f} s"
    assert [turn.message for turn in alive.runner.asked] == [f"message {number}" for number in range(6)]
    assert books(alive) == []
