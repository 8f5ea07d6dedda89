"""Firestore's replies get lost on the way: what was committed is known all the same, and everything is counted once."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from local.server import SUBSCRIPTIONS
from local.stub_model import stub_model
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.localqueue.subscriptions import DeadLetter, Subscription
from shared.agents.execution import EVENTS_TOPIC
from shared.kit.documents import Documents, Snapshot
from shared.kit.ids import new_id
from tests.support.product import Product, environment_for
from tests.support.proxy import Valve, proxy_to
from tests.support.reader import AGENT
from tests.support.stored import every, firestore_documents, runs_at_rest

LOST = 0.03
SENDERS = 6
SENDER_SECONDS = 60.0
EVENTS = Subscription("a-test", EVENTS_TOPIC, "/_push/nobody", max_attempts=1)
"""Its messages become dead letters at once, and so are kept."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and the run that it was answered with."""

    session: str
    message: str
    run: str
    answer: str


def send(client: httpx.Client, session: str, message: str) -> Sent:
    """Send a message until it is answered, with one key, as a client should."""
    key = new_id("key")
    form = {"message": message, "session_id": session, "stream": "false"}
    for _ in range(20):
        answer = client.post(AGENT, data=form, headers={"Idempotency-Key": key})
        if answer.status_code == 200:
            output = answer.json()
            assert output["status"] == "COMPLETED", output
            return Sent(session, message, output["run_id"], output["content"])
        assert answer.status_code == 503, answer.text
    raise AssertionError(f"no answer in 20 tries: {answer.text}")


@contextmanager
def losing_replies(emulator: str, seed: int) -> Iterator[tuple[Any, dict[str, float]]]:
    """A proxy before the emulator; each piece of a reply is lost with the probability under `lost`, and its connection with it."""
    rng, chance = random.Random(seed), {"lost": 0.0}

    def valve() -> Valve:
        return lambda piece: None if rng.random() < chance["lost"] else piece

    with proxy_to(emulator, valve) as proxy:
        yield proxy, chance


@pytest.mark.emulator
@pytest.mark.parametrize("turns", [150, pytest.param(2000, marks=pytest.mark.faults)])
def test_lost_replies_leave_every_count_exact(turns: int, tmp_path: Path, firestore_emulator: str) -> None:
    seed, project = random.randrange(1_000_000), f"demo-{uuid.uuid4().hex[:12]}"
    print(f"seed {seed}")
    with stub_model() as stub, losing_replies(firestore_emulator, seed) as (proxy, chance):
        product = Product.start(tmp_path, env={**environment_for(stub), **environment(proxy.address, project)})
        queue = LocalQueue(tmp_path / "queue.db")
        try:
            queue.declare(*SUBSCRIPTIONS, EVENTS)
            chance["lost"] = LOST

            def converse(number: int) -> list[Sent]:
                rng = random.Random(f"{seed} {number}")
                session, sent = "", []
                with product.client(timeout=SENDER_SECONDS) as client:
                    for turn in range(turns // SENDERS):
                        if turn % 10 == 0:
                            session = new_id("ses")
                        sent.append(send(client, session, f"say: {number} {turn} {'x ' * rng.randrange(9)}end"))
                return sent

            with ThreadPoolExecutor(SENDERS) as pool:
                sent = [each for conversation in pool.map(converse, range(SENDERS)) for each in conversation]
            chance["lost"] = 0.0
            with firestore_documents(product, project, firestore_emulator) as documents:
                runs = runs_at_rest(documents, 60)
                judge(sent, runs, documents)
            judge_events(runs, all_dead_letters(queue))
            print(f"{proxy.cuts} replies were lost in {len(sent)} turns")
            assert proxy.cuts >= len(sent) * LOST
        finally:
            queue.close()
            product.stop()


def environment(emulator: str, project: str) -> dict[str, str]:
    return {
        "REGGIE_DOCUMENTS": "firestore",
        "FIRESTORE_EMULATOR_HOST": emulator,
        "GOOGLE_CLOUD_PROJECT": project,
        "REGGIE_LEASE_SECONDS": "3",
        "REGGIE_SWEEP_SECONDS": "0.5",
    }


def judge(sent: list[Sent], runs: list[Snapshot], documents: Documents) -> None:
    assert Counter(run.fields["input"] for run in runs) == Counter(each.message for each in sent), "one run for each message"
    assert {run.id for run in runs} == {each.run for each in sent}
    assert {run.fields["state"] for run in runs} == {"completed"}
    stored = {run.id: run.fields for run in runs}
    for each in sent:
        assert each.answer == stored[each.run]["content"] == each.message.removeprefix("say: ")
    sessions = every(documents, "sessions")
    assert {session.id for session in sessions} == {each.session for each in sent}
    for session in sessions:
        outcomes = [outcome_of(run) for run in runs if run.fields["session"] == session.id]
        counted = {name: session.fields[name] for name in ("runs", "input_tokens", "output_tokens")}
        assert counted == {
            "runs": len(outcomes),
            "input_tokens": sum(outcome["input_tokens"] for outcome in outcomes),
            "output_tokens": sum(outcome["output_tokens"] for outcome in outcomes),
        }


def judge_events(runs: list[Snapshot], events: list[DeadLetter]) -> None:
    """Each run's end is told to the bus: repeated perhaps, but each time as the same event with the same numbers."""
    told: dict[str, dict[str, Any]] = {}
    for event in events:
        assert told.setdefault(event.message.id, event.message.data) == event.message.data
    by_run = {data["run"]: data for data in told.values()}
    assert len(by_run) == len(told) == len(runs)
    for run in runs:
        data, outcome = by_run[run.id], outcome_of(run)
        assert (data["type"], data["session"]) == ("run.completed", run.fields["session"])
        assert (data["input_tokens"], data["output_tokens"]) == (outcome["input_tokens"], outcome["output_tokens"])


def outcome_of(run: Snapshot) -> dict[str, Any]:
    usage: dict[str, Any] = orjson.loads(run.fields["outcome"])["usage"]
    return usage


def all_dead_letters(queue: LocalQueue) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    deadline = time.monotonic() + 30
    while queue.next_due() is not None:
        assert time.monotonic() < deadline, "the queue does not empty"
        time.sleep(0.1)
    while page := queue.dead_letters(500, found[-1].id if found else 0):
        found += page
    return [letter for letter in found if letter.subscription == EVENTS.name]
