"""Firestore does not answer for a while: every request ends soon with a 503, and afterwards everything that was accepted is done."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stub_model import StubModel, stub_model
from tests.support.emulators import Emulator, start_firestore
from tests.support.product import Product, environment_for
from tests.support.reader import AGENT, Reader, assert_once
from tests.support.stored import firestore_documents, runs_at_rest

LONGEST_SECONDS = 6.0
RECOVERY_SECONDS = 5.0
WORDS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """One request as its sender saw it; times by the monotonic clock, `reader` for a stream."""

    kind: str
    began: float
    ended: float
    status: int
    retry_after: str | None = None
    run: str = ""
    reader: Reader | None = None
    answer: str = ""


@dataclass(slots=True)
class Load:
    """Senders that never pause, and what they met."""

    product: Product
    seed: int
    requests: list[Request] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def send(self, kind: str, ask: Callable[[httpx.Client, random.Random], httpx.Response], number: int) -> None:
        rng = random.Random(f"{self.seed} {kind} {number}")
        with self.product.client(timeout=60) as client:
            while not self.stopping.is_set():
                began = time.monotonic()
                try:
                    answer = ask(client, rng)
                except httpx.TransportError as error:
                    self.requests.append(Request(kind, began, time.monotonic(), 0, answer=f"{type(error).__name__}: {error}"))
                    continue
                run = answer.json()["run_id"] if kind == "ask_for_a_turn" and answer.status_code == 200 else ""
                retry_after, ended = answer.headers.get("Retry-After"), time.monotonic()
                self.requests.append(Request(kind, began, ended, answer.status_code, retry_after, run, answer=answer.text[:300]))
                time.sleep(0.02 if answer.status_code == 200 else 0.1)

    def stream(self, number: int) -> None:
        rng = random.Random(f"{self.seed} stream {number}")
        while not self.stopping.is_set():
            # Made before the clock starts: on a busy machine that takes this process half a second.
            ready = [self.product.client(timeout=60)]
            reader = Reader(f"say: {'word ' * WORDS}{rng.random()}", ready.pop, rng)
            began = time.monotonic()
            reader.read()
            run = reader.run if reader.seen else ""
            # Read by the reader, which passes nothing on but the status: the headers of a 503 are looked at in the other requests.
            self.requests.append(Request("stream", began, time.monotonic(), reader.status, "1", run, reader))
            time.sleep(0.02 if reader.status == 200 else 0.1)


def ask_for_a_turn(client: httpx.Client, rng: random.Random) -> httpx.Response:
    return client.post(AGENT, data={"message": f"say: {rng.random()}", "stream": "false"})


def list_sessions(client: httpx.Client, rng: random.Random) -> httpx.Response:
    return client.get("/sessions", params={"limit": rng.randrange(1, 20)})


def read_an_agent(client: httpx.Client, rng: random.Random) -> httpx.Response:
    return client.get("/agents/assistant")


def look_at_health(client: httpx.Client, rng: random.Random) -> httpx.Response:
    return client.get("/health")


SENDERS = ((ask_for_a_turn, 2), (list_sessions, 2), (read_an_agent, 1), (look_at_health, 1))


@contextmanager
def under_load(product: Product, seed: int) -> Iterator[Load]:
    load = Load(product, seed)
    threads = [
        threading.Thread(target=load.send, args=(ask.__name__, ask, number), daemon=True) for ask, many in SENDERS for number in range(many)
    ]
    threads += [threading.Thread(target=load.stream, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.emulator
@pytest.mark.parametrize("seconds", [12, pytest.param(60, marks=pytest.mark.faults)])
def test_a_frozen_database_fails_requests_soon_and_loses_no_turn(seconds: float, tmp_path: Path) -> None:
    seed, project = random.randrange(1_000_000), f"demo-{uuid.uuid4().hex[:12]}"
    print(f"seed {seed}")
    emulator = start_firestore()
    product: Product | None = None
    try:
        with stub_model() as stub:
            stub.script.delay = 0.01
            product = Product.start(tmp_path, env=environment(stub, project, emulator))
            with under_load(product, seed) as load:
                wait_for_open_streams(stub, load)
                emulator.process.send_signal(signal.SIGSTOP)
                frozen = time.monotonic()
                time.sleep(seconds)
                emulator.process.send_signal(signal.SIGCONT)
                thawed = time.monotonic()
                time.sleep(3)
            with firestore_documents(product, project, emulator.host) as documents:
                runs = {run.id: run.fields["state"] for run in runs_at_rest(documents, 60)}
            judge(load.requests, frozen, thawed, runs)
            read_on([request.reader for request in load.requests if request.reader is not None and request.reader.seen], product.client)
            assert not [record for record in product.log() if record["severity"] in ("ERROR", "CRITICAL") and "stack_trace" in record]
    finally:
        os.kill(emulator.process.pid, signal.SIGCONT)
        if product is not None:
            product.stop()
        emulator.stop()


def wait_for_open_streams(stub: StubModel, load: Load) -> None:
    """Wait until everything is warm and the model is speaking in more turns than `ask_for_a_turn` can have: in a stream."""
    deadline = time.monotonic() + 60
    while sum(1 for request in load.requests if request.run) < 10 or stub.open_streams <= 2:
        assert time.monotonic() < deadline, "no turn went well before the freeze"
        time.sleep(0.001)


def environment(stub: StubModel, project: str, emulator: Emulator) -> dict[str, str]:
    return {
        **environment_for(stub),
        "REGGIE_DOCUMENTS": "firestore",
        "FIRESTORE_EMULATOR_HOST": emulator.host,
        "GOOGLE_CLOUD_PROJECT": project,
        "REGGIE_LEASE_SECONDS": "2",
        "REGGIE_SWEEP_SECONDS": "0.5",
    }


def judge(requests: list[Request], frozen: float, thawed: float, runs: dict[str, Any]) -> None:
    health = [request for request in requests if request.kind == "look_at_health"]
    others = [request for request in requests if request.kind != "look_at_health"]
    slowest_health = max(request.ended - request.began for request in health)
    # Health asks nobody: what it waits for is this machine, which other tests keep busy as well.
    allowed = LONGEST_SECONDS + slowest_health
    during = [request for request in others if frozen <= request.ended <= thawed]
    print(f"{len(others)} requests, {len(during)} ended in the freeze, statuses {sorted({r.status for r in others})},")
    print(f"slowest health {slowest_health:.2f} s")

    assert {request.status for request in health} == {200}
    assert any(frozen + 2 < request.began < thawed for request in health)
    assert slowest_health < 3
    assert {request.status for request in others} == {200, 503}, [r for r in others if r.status not in (200, 503)][:3]
    refused = [request for request in others if request.status == 503]
    assert {request.kind for request in refused} == {"stream", "ask_for_a_turn", "list_sessions", "read_an_agent"}
    assert all(request.retry_after and int(request.retry_after) >= 1 for request in refused)
    # What was under way when the database froze is counted from there.
    took = [(request.ended - max(request.began, frozen if request.ended > frozen else 0.0), request) for request in others]
    too_slow = [each for each in took if each[0] > allowed]
    print(f"slowest {max(seconds for seconds, _ in took):.2f} s")
    assert not too_slow, too_slow[:3]
    broken_off = [request for request in others if request.reader is not None and request.reader.broken_off]
    assert broken_off, "no stream was open when the database froze"
    well = [request for request in others if request.began > thawed and request.status == 200 and request not in broken_off]
    turns = [request.ended for request in well if request.run]
    print(f"{len(broken_off)} streams were broken off, the first turn after the thaw ended {min(turns) - thawed:.2f} s behind it")
    assert min(turns) - thawed <= RECOVERY_SECONDS
    assert {request.run for request in others if request.run} <= set(runs)
    assert set(runs.values()) == {"completed"}, {state: list(runs.values()).count(state) for state in set(runs.values())}


def read_on(readers: list[Reader], again: Callable[[], httpx.Client]) -> None:
    """Whose stream was broken off reads the rest of the answer afterwards."""
    assert all(reader.ended != reader.broken_off for reader in readers)
    for reader in readers:
        reader.client = again
        reader.read_to_the_end()
        assert_once(reader.indexes)
        assert reader.words() == reader.message.removeprefix("say: ")
