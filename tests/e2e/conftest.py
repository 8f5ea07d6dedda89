"""Fixtures of the tests that speak HTTP with the running product."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from local.stub_model import StubModel
from tests.support.product import Product, environment_for


@pytest.fixture
def client(product: Product) -> Iterator[httpx.Client]:
    """The owner of the sample workspace."""
    with product.client() as client:
        yield client


@pytest.fixture(scope="session")
def neighbour(product: Product, stub: StubModel) -> Iterator[Product]:
    """A second product on the data of the first, as a second instance in the cloud."""
    running = Product.start(product.home, env=environment_for(stub))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def slow_model(stub: StubModel) -> Iterator[StubModel]:
    """The scripted model, which now takes 50 ms for each word."""
    stub.script.delay = 0.05
    try:
        yield stub
    finally:
        stub.script.delay = stub.script.first_delay = 0.0
