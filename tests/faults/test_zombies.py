"""A process that is stopped past its lease, replaced, and wakes up: one end, one charge, one answer, and no false word to its readers."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from local.stub_model import stub_model
from local.stub_script import Script
from shared.agents.runner import TurnInput
from shared.agents.turns import Accepted, NewTurn
from shared.kit.ids import new_id
from shared.sessions.eventlog import Event
from shared.sessions.models import RunRequest
from shared.sessions.runs import stored_events
from tests.support.books import all_runs, imbalances
from tests.support.fleet import Heard, House, completed, house, insist, listen
from tests.support.instance import Instance, ScriptedRunner, answer_to
from tests.support.product import Product

SKEW = 300.0


class Race:
    """Two instances whose clocks are ten minutes apart, and the moments at which each may go on with a run."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        skew = chance.choice((SKEW, -SKEW))
        self.zombie = Instance.open(home, lease=1.0, skew=skew, runner=ScriptedRunner(self._stopped), beats=False)
        self.owner = Instance.open(home, lease=1.0, skew=-skew, runner=ScriptedRunner(self._slowly))
        self.chance = chance
        self.words: dict[str, int] = {}
        self.awake: dict[str, threading.Event] = {}
        self.pauses: dict[str, float] = {}

    def accept(self, number: int) -> Accepted:
        message = f"message {number}"
        self.words[message] = self.chance.randrange(4)
        self.awake[message] = threading.Event()
        self.pauses[message] = self.chance.uniform(0, 0.3)
        return self.zombie.turns.accept(NewTurn("a", message, session=f"s{number}"), "u")

    def _stopped(self, turn: TurnInput, word: int) -> None:
        """The zombie stands still at its word until it is woken."""
        if word == self.words[turn.message]:
            assert self.awake[turn.message].wait(60)

    def _slowly(self, turn: TurnInput, word: int) -> None:
        """The new owner wakes the zombie at one of its own words, then goes on beside it."""
        if word == 3 - self.words[turn.message]:
            self.awake[turn.message].set()
        time.sleep(self.pauses[turn.message] * self.words[turn.message] / 4)

    def run(self, number: int) -> None:
        accepted = self.accept(number)
        run, session = accepted.run.id, accepted.run.request.session
        live = self.zombie.turns.start(accepted)
        with ThreadPoolExecutor(2) as pool:
            beside_zombie = pool.submit(lambda: list(self.zombie.turns.follow(run, session, live=live)))
            beside_owner = pool.submit(lambda: list(self.owner.turns.follow(run, session)))
            told = [[event for batch in reader.result(60) for event in batch] for reader in (beside_zombie, beside_owner)]
        self.check(number, run, session, told)

    def check(self, number: int, run: str, session: str, told: list[list[Event]]) -> None:
        stored = self.owner.execution.runs.get(run, session)
        message = f"message {number}"
        assert (stored.state, stored.content) == ("completed", f"0 before: | {message}")
        assert stored.fence > 1, "it was taken over"
        last = stored_events(stored).events[-1]
        for events in told:
            completions = [(event.index, event.fields["content"]) for event in events if event.name == "RunCompleted"]
            assert completions == [(last.index, stored.content)]
            indexes = [event.index for event in events]
            assert indexes == sorted(set(indexes)), "no event twice, none out of order"
        (turn,) = self.owner.execution.sessions.tail(session).turns
        assert [said.content for said in turn[1]] == [message, stored.content], "one answer in the window"


@pytest.mark.parametrize("runs", [20, pytest.param(100, marks=pytest.mark.faults)])
def test_of_two_owners_one_finishes_whatever_their_clocks_say(tmp_path: Path, runs: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    race = Race(tmp_path, random.Random(seed))
    with ThreadPoolExecutor(runs) as pool:
        for done in [pool.submit(race.run, number) for number in range(runs)]:
            done.result(120)
    assert imbalances(race.owner.documents, race.owner.execution.blobs) == []
    assert {answer_to(turn) for turn in race.owner.runner.asked} == {f"0 before: | message {number}" for number in range(runs)}


class Stopping:
    """Two real products on one home, one of which is stopped with SIGSTOP while it works on many runs."""

    LEASE = 1.0

    def __init__(self, home: House, chance: random.Random) -> None:
        with ThreadPoolExecutor(2) as pool:
            self.zombie, self.other = (each.result() for each in [pool.submit(home.start), pool.submit(home.start)])
        self.home, self.chance = home, chance

    def round(self, runs: int) -> None:
        sessions = [new_id("ses") for _ in range(runs)]
        with ThreadPoolExecutor(2 * runs) as pool:
            heard = [pool.submit(listen, self.zombie, f"words of {session}", session, session) for session in sessions]
            self.wait_until_all_run(sessions)
            time.sleep(self.chance.uniform(0, 0.8))
            freeze(self.zombie, signal.SIGSTOP)
            try:
                repeated = [pool.submit(insist, self._other, f"words of {session}", session, session) for session in sessions]
                time.sleep(self.LEASE + self.chance.uniform(0.5, 2.5))
            finally:
                freeze(self.zombie, signal.SIGCONT)
            self.check(sessions, heard, repeated)

    def wait_until_all_run(self, sessions: list[str]) -> None:
        """The stop must meet runs that were claimed, however slow the machine is."""
        deadline = time.monotonic() + 20
        while {run.session for run in self.running()} < set(sessions):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def running(self) -> list[RunRequest]:
        return [run.request for run in self.home.runs.open_runs(100) if run.state == "running"]

    def _other(self, _number: int) -> Product:
        return self.other

    def check(self, sessions: list[str], heard: list[Future[Heard]], repeated: list[Future[Heard]]) -> None:
        for session, zombies, others in zip(sessions, heard, repeated, strict=True):
            streams = [zombies.result(60), others.result(60)]
            (run,) = all_runs(self.home.runs, session)
            end = stored_events(run).events[-1]
            assert run.state == "completed", run.failure
            assert streams[1].answered
            for event in completed(streams):
                assert (event["event_index"], event["content"]) == (end.index, run.content), "no RunCompleted but the stored one"
            assert all(len(completed([stream])) <= 1 for stream in streams)
            if streams[0].end is None:
                # Its connection may have been reset; then it must have been told nothing final.
                assert not completed(streams[:1])
            assert [turn for turn, _ in self.home.sessions.tail(session).turns] == [run.id]


def freeze(product: Product, number: signal.Signals) -> None:
    """SIGSTOP or SIGCONT to the server and its worker."""
    os.killpg(product.process.pid, number)


@pytest.mark.parametrize(("rounds", "runs"), [(1, 8), pytest.param(10, 10, marks=pytest.mark.faults)])
def test_a_stopped_process_wakes_up_to_find_its_runs_ended_once(tmp_path: Path, rounds: int, runs: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    with stub_model(Script(tokens=20, delay=0.12)) as stub, house(tmp_path, stub, lease=Stopping.LEASE) as home:
        stopping = Stopping(home, random.Random(seed))
        for _ in range(rounds):
            stopping.round(runs)
        assert home.settled() == []
        fences = [run.fence for session in home.documents.query("sessions") for run in all_runs(home.runs, session.id)]
    print(f"taken over: {sum(fence > 1 for fence in fences)} of {len(fences)}")
    assert any(fence > 1 for fence in fences), "the stop was long enough to matter"
