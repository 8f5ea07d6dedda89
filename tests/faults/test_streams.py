"""Streams that break at any byte and are taken up again: no word is lost, none comes twice, and the run does not care."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.stub_model import StubModel, stub_model
from tests.support.product import Product, environment_for
from tests.support.proxy import Proxy, Valve, closing_after, open_valve, proxy_to
from tests.support.reader import Reader, assert_once

LEASE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class House:
    """Two products on the same data, a breaking proxy before each, and their model."""

    products: tuple[Product, Product]
    proxies: tuple[Proxy, Proxy]
    stub: StubModel

    def start_another(self) -> Product:
        return Product.start(self.products[0].home, env=environment(self.stub))


def environment(stub: StubModel) -> dict[str, str]:
    return {**environment_for(stub), "REGGIE_LEASE_SECONDS": str(LEASE_SECONDS), "REGGIE_SWEEP_SECONDS": "0.5"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("streams")
    with ExitStack() as stack:
        stub = stack.enter_context(stub_model())
        first = Product.start(home, env=environment(stub))
        stack.callback(first.stop)
        second = Product.start(home, env=environment(stub))
        stack.callback(second.stop)
        before = tuple(stack.enter_context(proxy_to(product.url.removeprefix("http://"))) for product in (first, second))
        yield House((first, second), (before[0], before[1]), stub)


def opener(product: Product, url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers=product.headers, timeout=30, trust_env=False)


def break_and_resume(house: House, turns: int, seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    house.stub.script.delay = 0.004

    def valve() -> Valve:
        return closing_after(rng.randrange(1, 6_000)) if rng.random() < 0.8 else open_valve()

    for proxy in house.proxies:
        proxy.valve = valve

    def turn(number: int) -> Reader:
        choice = random.Random(seed * 1000 + number)
        text = " ".join(f"wört{number}-{n}🙂" for n in range(choice.randrange(40, 140)))

        def client() -> httpx.Client:
            here = choice.randrange(2)
            return opener(house.products[here], f"http://{house.proxies[here].address}")

        reader = Reader(f"say: {text}", client, choice)
        for _ in range(60):
            if reader.ended:
                break
            reader.read(choice.randrange(1, 6_000) if choice.random() < 0.3 else None)
            time.sleep(choice.random() * 0.2)
        assert reader.ended, (reader.ways, reader.indexes)
        assert reader.words() == text
        return reader

    with ThreadPoolExecutor(8) as pool:
        readers = list(pool.map(turn, range(turns)))
    assert sum(len(reader.ways) - 1 for reader in readers) >= 50, "too few connections broke"
    for reader in readers:
        assert_once(reader.indexes)
        with house.products[0].client() as client:
            output = reader.stored(client)
            (only,) = client.get(f"/sessions/{reader.session}/runs").json()
        assert (output["status"], output["content"]) == ("COMPLETED", reader.words())
        assert (only["run_id"], only["run_input"]) == (reader.run, reader.message)
        assert reader.seen[-1].id == reader.indexes[-1] < 1_000_000, "one attempt was enough"


def test_a_stream_that_breaks_at_any_byte_is_read_whole_over_both_instances(house: House) -> None:
    break_and_resume(house, turns=20, seed=random.randrange(1_000_000))


@pytest.mark.faults
@pytest.mark.parametrize("number", range(3))
def test_many_streams_break_and_are_read_whole(house: House, number: int) -> None:
    break_and_resume(house, turns=60, seed=random.randrange(1_000_000))


@pytest.mark.parametrize("offset", [0, 1, 200, 900, 2_500])
def test_the_run_goes_on_while_nobody_reads(house: House, offset: int) -> None:
    house.stub.script.delay = 0.01
    house.proxies[0].valve = lambda: closing_after(offset)
    product = house.products[0]
    reader = Reader(f"say: {'word ' * 50}end", lambda: opener(product, f"http://{house.proxies[0].address}"), random.Random(offset))
    reader.read()
    assert not reader.ended
    with product.client() as client:
        deadline = time.monotonic() + 20
        while not (runs := _runs(client, reader.session)) or runs[0]["status"] == "RUNNING":
            assert time.monotonic() < deadline, runs
            time.sleep(0.1)
        assert [(run["status"], run["run_input"], run["content"]) for run in runs] == [
            ("COMPLETED", reader.message, reader.message.removeprefix("say: "))
        ]
    house.proxies[0].valve = open_valve
    reader.read_to_the_end()
    assert_once(reader.indexes)
    assert reader.words() == runs[0]["content"]


def _runs(client: httpx.Client, session: str) -> list[dict[str, Any]]:
    """The session's runs; none when the connection broke before its first message was accepted."""
    answer = client.get(f"/sessions/{session}/runs")
    runs: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
    return runs


@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=pytest.mark.faults)])
def test_a_reader_of_a_killed_instance_reads_the_next_attempt_whole(house: House, rounds: int) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    rng = random.Random(seed)
    house.stub.script.delay = 0.02
    for _ in range(rounds):
        victim = house.start_another()
        places = [victim.url]
        text = " ".join(f"wort{n}" for n in range(100))

        def client(places: list[str] = places, victim: Product = victim) -> httpx.Client:
            return opener(victim, places[-1])

        reader = Reader(f"say: {text}", client, rng)
        asked, dies_after = house.stub.requests, rng.uniform(0.0, 1.0)

        def kill(asked: int = asked, dies_after: float = dies_after, victim: Product = victim) -> None:
            while house.stub.requests == asked:
                time.sleep(0.005)
            time.sleep(dies_after)
            victim.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        reader.read()
        killer.join()
        assert not reader.ended, f"it was over before {dies_after:.2f} s"
        died = time.monotonic()
        places.append(house.products[1].url)
        reader.read_to_the_end()
        took = time.monotonic() - died
        assert_once(reader.indexes)
        attempts = [frame.data["attempt"] for frame in reader.seen if frame.event == "RunStarted"]
        assert attempts == sorted(set(attempts))
        assert attempts[-1] == 2
        assert reader.words() == text
        with house.products[1].client() as survivor:
            output = reader.stored(survivor)
        assert (output["status"], output["content"]) == ("COMPLETED", text)
        print(f"killed after {dies_after:.2f} s, read to the end {took:.1f} s later")
