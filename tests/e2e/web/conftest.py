"""Fixtures of the tests that use the web app as its users do: one product and one Chromium a module, one browser context a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from local.stub_model import StubModel, stub_model
from tests.e2e.web.visitor import Visitor
from tests.support import web
from tests.support.product import ROOT, Product, environment_for

APP = ROOT / "frontend" / "dist" / "index.html"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module is one group: its product and its browser start once."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(f"web-{item.path.stem}"))


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    expect.set_options(timeout=web.PATIENCE)
    try:
        with web.browser() as running:
            yield running
    except web.ChromiumMissing as missing:
        _missing(str(missing))


@pytest.fixture(scope="module")
def stub() -> Iterator[StubModel]:
    """The scripted model of a module's product."""
    with stub_model() as server:
        yield server


@pytest.fixture(scope="module")
def identity() -> dict[str, str]:
    """The variables that say where people sign in: a module with a provider of its own has its own."""
    return {}


@pytest.fixture(scope="module")
def product(stub: StubModel, identity: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product with the built web app, one for the tests of a module: use sessions of your own."""
    if not APP.exists():
        _missing("the web app is not built: scripts/frontend builds it")
    running = Product.start(tmp_path_factory.mktemp("web"), env={**environment_for(stub), "REGGIE_SWEEP_SECONDS": "0.5", **identity})
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(autouse=True)
def script_as_it_was(stub: StubModel) -> Iterator[None]:
    """The scripted model answers the next test at once again."""
    yield
    stub.script.delay = stub.script.first_delay = 0.0
    stub.script.faults.clear()
    stub.script.choose = None


@pytest.fixture
def stranger(product: Product, browser: Browser) -> Iterator[Visitor]:
    """A browser that has never been here."""
    with Visitor.arrive(browser, product) as visitor:
        yield visitor


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    """The owner of the sample workspace, who has just signed in on the sign-in page and stands before an empty chat."""
    stranger.sign_in()
    return stranger
