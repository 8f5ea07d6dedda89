"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from local.stub_model import StubModel, stub_model
from tests.support.emulators import Emulator, EmulatorMissing, start_firestore, start_pubsub
from tests.support.product import Product, environment_for


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[str]:
    """`127.0.0.1:port` of a Firestore emulator: the one FIRESTORE_EMULATOR_HOST names, else one of this session's own.

    Its data is shared by all tests: open a store with a fresh project name.
    """
    yield from _emulator("FIRESTORE_EMULATOR_HOST", start_firestore)


@pytest.fixture(scope="session")
def pubsub_emulator() -> Iterator[str]:
    """`127.0.0.1:port` of a Pub/Sub emulator: the one PUBSUB_EMULATOR_HOST names, else one of this session's own."""
    yield from _emulator("PUBSUB_EMULATOR_HOST", start_pubsub)


def _emulator(variable: str, start: Callable[[], Emulator]) -> Iterator[str]:
    """The client libraries read the variable themselves, so it is set while an emulator of our own runs."""
    host = os.environ.get(variable)
    if host:
        yield host
        return
    try:
        emulator = start()
    except EmulatorMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    os.environ[variable] = emulator.host
    try:
        yield emulator.host
    finally:
        del os.environ[variable]
        emulator.stop()


@pytest.fixture(scope="session")
def stub() -> Iterator[StubModel]:
    """The scripted model that `product` speaks through; a test that changes its script puts it back."""
    with stub_model() as server:
        yield server


@pytest.fixture(scope="session")
def product(stub: StubModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product on SQLite, one for all tests of this process: use sessions and ids of your own."""
    running = Product.start(tmp_path_factory.mktemp("product"), env={**environment_for(stub), "REGGIE_SWEEP_SECONDS": "0.5"})
    try:
        yield running
    finally:
        running.stop()
