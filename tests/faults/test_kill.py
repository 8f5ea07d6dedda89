"""kill -9 at every point of a turn: no accepted message is lost, none is answered or charged twice, and the session stays usable."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.stub_model import StubModel, stub_model
from local.stub_script import Script, plain_answer
from shared.agents.execution import MAX_ATTEMPTS
from shared.kit.ids import new_id
from tests.support.books import all_runs
from tests.support.fleet import PATH, Heard, House, house, insist, listen
from tests.support.product import Product

LEASE = 2.0
TOKENS, DELAY = 40, 0.05
TURN = TOKENS * DELAY
"""Seconds that the model takes for an answer: three heartbeats long."""
RECOVERY = LEASE + 5.0
"""Seconds from the kill until the answer's last attempt may be expected to have begun; the model's own time comes on top."""
NEVER = {"REGGIE_SWEEP_SECONDS": "1000"}
"""A victim sweeps nothing: the survivor does, so that the fault meets the turn that it is meant for."""

POINTS = (
    *("before_accept", "after_accept", "before_claim", "after_claim", "after_tail"),
    *(f"mid_stream#{visit}" for visit in (1, 2, 5, 13, 14, 20, 27, 39, 40)),
    *(f"heartbeat#{visit}" for visit in (1, 2, 3)),
    *("before_finish", "after_finish", "before_publish", "after_publish"),
)
AHEAD = "words ahead"
QUICK = ("after_accept", "mid_stream#20", "before_finish", "after_finish")


@pytest.fixture
def slow_stub() -> Iterator[StubModel]:
    with stub_model(Script(tokens=TOKENS, delay=DELAY)) as server:
        yield server


def kill_at(home: House, survivor: Product, point: str, times: int) -> None:
    """A product that dies at `point`; its server starts the next worker at once, so it may die again."""
    name, _, visit = point.partition("#")
    victim = home.start(REGGIE_FAULTS=f"{name}=kill{'#' + visit if visit else ''}", **NEVER)
    for _ in range(times):
        die_and_recover(home, survivor, victim, point)
    victim.kill()


def die_and_recover(home: House, survivor: Product, victim: Product, point: str) -> None:
    session, message, key = new_id("ses"), f"words {new_id('x')}", new_id("key")
    insist(always(survivor), "say: first", session, new_id("key"))
    with ThreadPoolExecutor(3) as pool:
        if "claim" in point:
            occupy(home, survivor, session, pool)
        heard = listen(victim, message, session, key)
        died = time.monotonic()
        repeated = pool.submit(insist, always(survivor), message, session, key)
        following = pool.submit(insist, always(survivor), "say: usable", session, new_id("key"))
        answer = repeated.result()
        took = time.monotonic() - died
        following.result()
    print(f"{point}: {took:.1f} s")
    assert took < RECOVERY + TURN, f"{point}: recovered after {took:.1f} s"
    check(home, session, message, heard, answer, point)
    assert victim._answers(), "its server has started another worker"


def occupy(home: House, survivor: Product, session: str, pool: ThreadPoolExecutor) -> None:
    """Only a run that waited for its turn is claimed; in a free session it takes its turn as it is accepted."""
    pool.submit(listen, survivor, AHEAD, session, new_id("key"))
    while not any(run.open for run in all_runs(home.runs, session)):
        time.sleep(0.02)


def always(product: Product) -> Callable[[int], Product]:
    return lambda _: product


def check(home: House, session: str, message: str, heard: Heard, answer: Heard, point: str) -> None:
    """One run for the message, in its place, with the whole answer; and what the dying stream told is not taken back."""
    runs = all_runs(home.runs, session)
    before = ["say: first", *([AHEAD] if "claim" in point else [])]
    assert sorted(run.request.message for run in runs) == sorted([*before, message, "say: usable"]), point
    (run,) = [run for run in runs if run.request.message == message]
    whole = "".join(plain_answer(TOKENS))
    assert (run.state, run.content) == ("completed", whole), point
    assert answer.end is not None
    assert (answer.end["event"], answer.end["content"], answer.end["event_index"] >= 0) == ("RunCompleted", whole, True)
    assert {event["run_id"] for event in (*heard.events, *answer.events)} == {run.id}, "the repeat met the run that was accepted"
    if heard.end is not None:
        assert heard.end == answer.end, point
    told = [turn for turn, _ in home.sessions.tail(session).turns]
    assert told == [run.id for run in runs], "each once, in the session's order"


def kill_at_all(home: House, points: tuple[str, ...], times: int, at_once: int) -> None:
    survivor = home.start()
    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(kill_at, home, survivor, point, times) for point in points]:
            done.result()
    assert home.settled() == []


def test_a_turn_survives_the_death_of_its_process(tmp_path: Path, slow_stub: StubModel) -> None:
    with house(tmp_path, slow_stub, lease=LEASE) as home:
        kill_at_all(home, QUICK, 1, 3)


@pytest.mark.faults
def test_a_turn_survives_the_death_of_its_process_at_every_point(tmp_path: Path, slow_stub: StubModel) -> None:
    with house(tmp_path, slow_stub, lease=LEASE) as home:
        kill_at_all(home, POINTS, 5, 4)


@pytest.mark.faults
@pytest.mark.emulator
def test_a_turn_survives_the_death_of_its_process_on_firestore(tmp_path: Path, slow_stub: StubModel, firestore_emulator: str) -> None:
    project = new_id("p").replace("_", "-")
    env = {"REGGIE_DOCUMENTS": "firestore", "FIRESTORE_EMULATOR_HOST": firestore_emulator, "GOOGLE_CLOUD_PROJECT": project}
    with house(tmp_path, slow_stub, lease=LEASE, env=env) as home:
        kill_at_all(home, (*QUICK, "after_claim", "mid_stream#1", "after_finish"), 1, 3)


@pytest.mark.faults
def test_a_lone_product_that_is_killed_at_any_time_and_started_again_ends_every_turn(tmp_path: Path, slow_stub: StubModel) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with house(tmp_path, slow_stub, lease=LEASE) as home, ThreadPoolExecutor(1) as pool:
        current = home.start()
        for number in range(10):
            session, message, key = new_id("ses"), f"words {number}", new_id("key")
            sent = pool.submit(listen, current, message, session, key)
            time.sleep(chance.uniform(0, TURN * 1.2))
            current.kill()
            heard = sent.result()
            current = home.start()
            if heard.accepted and number % 2:
                # Nobody asks again: the sweeper and the worker alone end it.
                deadline = time.monotonic() + RECOVERY + TURN
                while any(run.open for run in all_runs(home.runs, session)):
                    assert time.monotonic() < deadline, f"kill {number}"
                    time.sleep(0.05)
            answer = insist(always(current), message, session, key)
            assert answer.end is not None
            (run,) = all_runs(home.runs, session)
            assert answer.end["event"] == "RunCompleted", answer.end
            assert run.content == answer.end["content"] == "".join(plain_answer(TOKENS))
        assert home.settled() == []


@pytest.mark.faults
def test_a_turn_that_kills_every_process_is_given_up_and_the_session_goes_on(tmp_path: Path, slow_stub: StubModel) -> None:
    with house(tmp_path, slow_stub, lease=LEASE) as home:
        product = home.start(REGGIE_FAULTS="mid_stream=kill#25")
        session, headers = new_id("ses"), {"Idempotency-Key": new_id("key")}
        form = {"message": "deadly", "session_id": session, "background": "true", "stream": "false"}
        with product.client() as client:
            assert client.post(PATH, data=form, headers=headers).status_code == 202
        deadline = time.monotonic() + MAX_ATTEMPTS * (RECOVERY + TURN)
        while (run := all_runs(home.runs, session)[0]).open:
            assert time.monotonic() < deadline, run
            time.sleep(0.1)
        assert (run.state, run.fence) == ("interrupted", MAX_ATTEMPTS + 1)
        assert "".join(plain_answer(TOKENS)).startswith(run.content)
        assert run.content, "the words of the last heartbeat are kept"
        assert insist(always(product), "say: alive", session, new_id("key")).answered
        assert home.settled() == []
