"""Messages to any place of a session while its processes are killed: every run keeps its parent, and is shown its ancestors only."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.stub_model import stub_model
from shared.kit.ids import new_id
from shared.sessions.tail import MAX_TURNS
from tests.faults.test_order_under_kills import LEASE, Killer, Watch, chooser
from tests.support.books import all_runs
from tests.support.fleet import House, house, insist


def post_to_branches(home: House, messages: int, chance: random.Random) -> dict[str, str]:
    """Each message with the parent that it named: `root`, a run that was answered before, or none."""
    with ThreadPoolExecutor(3) as pool:
        products = [each.result() for each in [pool.submit(home.start) for _ in range(3)]]
    session, lock = "ses_branches", threading.Lock()
    answered, named = list[str](), dict[str, str]()
    plan = [(number, chance.random(), chance.random()) for number in range(messages)]

    def post(step: tuple[int, float, float]) -> None:
        number, kind, place = step
        with lock:
            parent = "" if kind < 0.3 else "root" if kind < 0.4 or not answered else answered[int(place * len(answered))]
            named[f"say: {number}"] = parent
        heard = insist(chooser(products, number), f"say: {number}", session, new_id("key"), seconds=150, parent=parent)
        assert heard.end is not None
        assert heard.end["event"] == "RunCompleted", heard.end
        with lock:
            answered.append(heard.end["run_id"])

    # Whoever names a place goes on with a session that is there.
    post((0, 0.0, 0.0))
    with Killer(home, products, chance) as killer, ThreadPoolExecutor(6) as pool:
        list(pool.map(post, plan[1:]))
    print(f"{killer.kills} kills")
    assert killer.kills
    return named


def check(home: House, watch: Watch, named: dict[str, str]) -> None:
    runs = {run.id: run for run in all_runs(home.runs, "ses_branches")}
    by_message = {run.request.message: run for run in runs.values()}
    assert sorted(by_message) == sorted(named), "each message once"
    assert len(runs) == len(named)
    for message, parent in named.items():
        if parent:
            assert by_message[message].parent == ("" if parent == "root" else parent)
    for users, under_way in watch.asked:
        ancestors, place = list[str](), by_message[users[-1]].parent
        while place:
            ancestors.insert(0, runs[place].request.message)
            place = runs[place].parent
        assert users[:-1] == ancestors[-MAX_TURNS:]
        assert not under_way, f"{users[-1]} was begun while another answer was under way"
    assert home.settled() == []


def run(home_path: Path, messages: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    watch = Watch()
    with stub_model(watch.script) as stub, house(home_path, stub, lease=LEASE) as home:
        check(home, watch, post_to_branches(home, messages, random.Random(seed)))


def test_branches_hold_while_processes_are_killed(tmp_path: Path) -> None:
    run(tmp_path, 18)


@pytest.mark.faults
def test_eighty_messages_to_any_branch_hold_while_processes_are_killed_each_second(tmp_path: Path) -> None:
    run(tmp_path, 80)
