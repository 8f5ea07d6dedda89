"""An answer that is under way survives what happens to its reader: no word is lost, none comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from playwright.sync_api import Browser, Page, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import Visitor, answer_in, kept_session, numbered, stored_answer, unique, words_in
from tests.support.product import Product
from tests.support.proxy import Proxy, Valve, proxy_to

WORDS = 120
PACE = 0.025
"""Seconds a word: 3 s for the whole answer."""


@pytest.fixture
def slow(stub: StubModel) -> StubModel:
    stub.script.delay = PACE
    return stub


@pytest.fixture(scope="module")
def broken() -> Event:
    """Set: the network breaks at the next byte, and stays broken."""
    return Event()


@pytest.fixture(scope="module", autouse=True)
def network(product: Product, broken: Event) -> Iterator[Proxy]:
    """A network that can break. Not asked for by a test: its event loop cannot start once Playwright's runs in this thread."""

    def valve() -> Valve:
        return lambda piece: None if broken.is_set() else piece

    with proxy_to(product.url.removeprefix("http://"), valve) as proxy:
        yield proxy


@pytest.fixture
def far_visitor(network: Proxy, browser: Browser, product: Product, broken: Event) -> Iterator[Visitor]:
    """Somebody who has signed in from behind that network."""
    with Visitor.arrive(browser, product, origin=f"http://{network.address}") as visitor:
        visitor.sign_in()
        yield visitor
        broken.clear()


def test_a_reload_in_mid_stream_goes_on_where_it_was(visitor: Visitor, slow: StubModel) -> None:
    before = slow.requests
    session = begin(visitor)
    visitor.page.reload()
    whole(visitor, visitor.page, session)
    assert slow.requests == before + 1, "the model was asked again"


def test_a_second_tab_sees_the_same_stream(visitor: Visitor, slow: StubModel) -> None:
    before = slow.requests
    session = begin(visitor)
    second = visitor.new_tab()
    second.goto(f"/app/chat/{session}")
    expect(answer_in(second)).to_contain_text("w20 ")
    expect(answer_in(second)).to_have_attribute("aria-busy", "true")
    for page in (visitor.page, second):
        whole(visitor, page, session)
    assert slow.requests == before + 1, "the model was asked again"


def test_a_lost_network_in_mid_stream_is_made_good(far_visitor: Visitor, broken: Event, slow: StubModel) -> None:
    before = slow.requests
    session = begin(far_visitor)
    broken.set()
    expect(far_visitor.page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()
    broken.clear()
    expect(far_visitor.page.get_by_role("status").filter(has_text="nothing was lost")).to_be_visible()
    whole(far_visitor, far_visitor.page, session)
    assert slow.requests == before + 1, "the model was asked again"


def test_a_message_sent_without_a_network_is_kept_and_sent_later(far_visitor: Visitor, broken: Event) -> None:
    far_visitor.ask("say: before", "before")
    broken.set()
    far_visitor.send("say: from the tunnel")
    expect(far_visitor.log).to_contain_text("from the tunnel")
    broken.clear()
    retry = far_visitor.page.get_by_role("button", name="Retry")
    expect(far_visitor.answer.get_by_text("from the tunnel").or_(retry)).to_be_visible()
    if retry.is_visible():
        retry.click()
    far_visitor.answered("from the tunnel")
    assert [run["run_input"] for run in far_visitor.runs(far_visitor.session)].count("say: from the tunnel") == 1


def test_an_answer_goes_on_while_its_reader_looks_at_another_session(visitor: Visitor, slow: StubModel) -> None:
    other = kept_session(visitor, unique("other"), "say: elsewhere")
    session = begin(visitor)
    visitor.open_session(other)
    expect(visitor.log).to_contain_text("elsewhere")
    visitor.open_session(session)
    whole(visitor, visitor.page, session)


def begin(visitor: Visitor) -> str:
    """Ask for a long answer; its first words are there. Returns the session."""
    visitor.send("say: " + numbered(WORDS))
    expect(visitor.answer).to_contain_text("w5 ")
    return visitor.session


def whole(visitor: Visitor, page: Page, session: str) -> None:
    """The page comes to show exactly what is stored."""
    expect(answer_in(page)).to_contain_text(f"w{WORDS - 1}")
    expect(answer_in(page)).to_have_attribute("aria-busy", "false")
    assert words_in(page).split() == stored_answer(visitor, session).split() == numbered(WORDS).split()
