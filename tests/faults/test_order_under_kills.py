"""Many doubled posts into one session while its processes are killed: every message is answered once, in one order, one at a time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest

from local.stub_model import stub_model
from local.stub_script import Fault, Script, text_of
from shared.kit.ids import new_id
from shared.sessions.tail import MAX_TURNS
from tests.support.books import all_runs
from tests.support.fleet import Heard, House, house, insist
from tests.support.product import Product

LEASE = 2.0


class Watch:
    """What the model was asked, and how many of its answers were still under way then."""

    def __init__(self) -> None:
        self.script = Script(first_delay=0.2, delay=0.005, choose=self.note)
        self.asked: list[tuple[list[str], int]] = []

    def note(self, body: dict[str, Any]) -> Fault | None:
        users = [text_of(message["content"]) for message in body["messages"] if message["role"] == "user"]
        self.asked.append((users, self.script.open_streams))
        return None


class Killer:
    """Kills one of the products each second and starts it again, until the block ends."""

    def __init__(self, home: House, products: list[Product], chance: random.Random) -> None:
        self._home, self._products, self._chance = home, products, chance
        self._enough = threading.Event()
        self._thread = ThreadPoolExecutor(1)
        self.kills = 0

    def __enter__(self) -> Self:
        self._work = self._thread.submit(self._kill)
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._work.result(90)
        self._thread.shutdown()

    def _kill(self) -> None:
        while not self._enough.wait(1.0):
            place = self._chance.randrange(len(self._products))
            self._products[place].kill()
            self.kills += 1
            self._products[place] = self._home.start()


def chooser(products: list[Product], first: int) -> Callable[[int], Product]:
    return lambda tries: products[(first + tries) % len(products)]


def post_under_kills(home: House, watch: Watch, keys: int, chance: random.Random) -> int:
    """Each message twice at once, to three products; how many kills there were."""
    with ThreadPoolExecutor(3) as pool:
        products = [each.result() for each in [pool.submit(home.start) for _ in range(3)]]
    session = new_id("ses")

    def post(number: int) -> Heard:
        return insist(chooser(products, number), f"say: {number % keys}", session, f"{session}-{number % keys}", seconds=150)

    with Killer(home, products, chance) as killer, ThreadPoolExecutor(2 * keys) as pool:
        answers = list(pool.map(post, range(2 * keys)))
    check(home, watch, session, answers, keys)
    return killer.kills


def check(home: House, watch: Watch, session: str, answers: list[Heard], keys: int) -> None:
    ends = [answer.end for answer in answers]
    assert {end["event"] for end in ends if end} == {"RunCompleted"}, ends
    assert [end["content"] for end in ends if end] == [str(number % keys) for number in range(2 * keys)]
    assert ends[:keys] == ends[keys:], "a repeat has the answer of the first"
    order = [run.request.message for run in all_runs(home.runs, session)]
    assert sorted(order) == sorted(f"say: {number}" for number in range(keys)), "each message once"
    for users, under_way in watch.asked:
        place = order.index(users[-1])
        assert users[:-1] == order[max(0, place - MAX_TURNS) : place], "an answer saw exactly the turns before it"
        assert not under_way, f"{users[-1]} was begun while another answer was under way"
    begun = [users[-1] for users, _ in watch.asked]
    first = [begun.index(message) for message in order]
    assert first == sorted(first), "the turns began in the server's order"
    assert home.settled() == []


def run(home_path: Path, keys: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    watch = Watch()
    with stub_model(watch.script) as stub, house(home_path, stub, lease=LEASE) as home:
        kills = post_under_kills(home, watch, keys, random.Random(seed))
    print(f"{kills} kills, {len(watch.asked)} model requests")
    assert kills


def test_a_session_keeps_its_order_while_its_processes_are_killed(tmp_path: Path) -> None:
    run(tmp_path, 12)


@pytest.mark.faults
def test_sixty_doubled_messages_keep_their_order_while_processes_are_killed_each_second(tmp_path: Path) -> None:
    run(tmp_path, 60)
