"""Several processes at work on one session: what they send, how it ends, and what the model was shown for it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

from shared.agents.live import Lease
from shared.agents.runner import TurnInput
from shared.agents.turns import NewTurn
from shared.kit.errors import ModelFailed
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, RunnerEvent
from shared.sessions.models import Run
from tests.support.domain import House, ending, questions

KINDS = ("", "", "", "background", "fails", "cancelled", "dies")


def seeded() -> random.Random:
    """Chance whose seed is printed, for a test that fails."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


class Crowd:
    """Three processes, from whose threads runs are sent to the session s1; a run's message is `m` with its number, and its kind."""

    def __init__(self, house: House) -> None:
        self.seen: dict[str, list[str]] = {}
        """By message, the questions that the model was shown before it."""
        self.overlaps: list[str] = []
        """Messages whose turns began while another was under way."""
        self.accepted: list[Run] = []
        self._under_way = set[str]()
        self._lock = threading.Lock()
        self.instances = [house.instance(self.play, Lease(1.0, 0.3)) for _ in range(3)]

    def play(self, turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        with self._lock:
            if self._under_way:
                self.overlaps.append(turn.message)
            self._under_way.add(turn.message)
            self.seen[turn.message] = questions(turn)
        try:
            time.sleep(0.002)
            if "fails" in turn.message:
                raise ModelFailed("no")
            yield Delta("to ")
            yield from ending(f"to {turn.message}")
        finally:
            with self._lock:
                self._under_way.discard(turn.message)

    def send(self, number: int, kind: str, parent: str | None = None) -> None:
        """Send a run and wait for its end; of one that `dies` nothing is heard after it was accepted."""
        turns = self.instances[number % 3].turns()
        accepted = turns.accept(NewTurn("a1", f"m{number} {kind}", "s1", background=kind == "background", parent=parent), "u1")
        with self._lock:
            self.accepted.append(accepted.run)
        if kind == "dies":
            return
        turns.start(accepted)
        if kind == "cancelled":
            turns.cancel(accepted.run.id, "never mind")
        if kind == "background":
            self.instances[(number + 1) % 3].turns().recover(accepted.run.id)
        list(turns.follow(accepted.run.id, "s1"))
