"""How light the app is. Times have generous bounds; what was measured is recorded, for `make web-figures` to make docs/web-app.md of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser, expect

from local.stub_model import StubModel
from tests.e2e.web import instruments
from tests.e2e.web.visitor import Visitor, answer_in, kept_session, numbered, unique
from tests.support.product import Product

SHELL, CHAT = 170_000, 300_000
"""Bytes of gzipped JavaScript: for the sign-in page, and for everything that a first answer needs."""
GENEROUS = 3_000.0
"""Milliseconds for what takes less than 1,000 on an idle machine."""
Record = Callable[[str, object], None]
TURNS = 500
WORDS = 300
AT_ONCE = 120
"""Messages that may come into the page in one task."""


@pytest.fixture
def guest(browser: Browser, product: Product) -> Iterator[Visitor]:
    """Somebody whose browser has never been here, and who likes things to move."""
    with Visitor.arrive(browser, product, reduced_motion="no-preference") as visitor:
        visitor.context.add_init_script(instruments.WHEN_FOCUSABLE)
        yield visitor


def test_the_shell_and_the_chat_are_light(guest: Visitor, record_property: Record) -> None:
    scripts = instruments.Scripts()
    scripts.over(guest.context)
    guest.open("/app/sign-in")
    expect(guest.page.get_by_label("Password", exact=True)).to_be_visible()
    shell = scripts.gzipped()
    record_property("sign-in scripts kB", shell / 1000)
    record_property("sign-in painted ms", guest.page.evaluate(instruments.FIRST_PAINT))
    guest.fill_in(guest.email, guest.password)
    expect(guest.composer).to_be_visible()
    guest.ask("say: a first answer with **bold** words", "a first answer")
    chat = scripts.gzipped()
    record_property("answer scripts kB", chat / 1000)
    assert shell <= SHELL
    assert chat <= CHAT


def test_the_chat_can_be_typed_into_soon(guest: Visitor, record_property: Record) -> None:
    guest.sign_in()
    times = []
    for _ in range(3):
        guest.open("/app/chat")
        expect(guest.composer).to_be_focused()
        times.append(float(guest.page.evaluate("() => window.interactiveAfter")))
    record_property("composer ms", median(times))
    assert min(times) <= GENEROUS


def test_a_session_of_a_thousand_messages_opens_and_scrolls(guest: Visitor, product: Product, record_property: Record) -> None:
    session = unique("long")
    with product.client() as client:
        for number in range(TURNS):
            asked = {"message": f"say: Answer **{number}** with `code`\n\n- and\n- a list", "session_id": session, "stream": "false"}
            client.post("/agents/assistant/runs", data=asked).raise_for_status()
    short = kept_session(guest)
    guest.sign_in()
    usual = max(opening(guest, short, "yes") for _ in range(2))
    opened = opening(guest, session, f"Answer {TURNS - 1}")
    guest.page.evaluate(instruments.COUNT_LONG_TASKS)
    guest.log.evaluate(instruments.COUNT_ADDED)
    first = guest.log.get_by_role("article").filter(has_text="Answer 0 with")
    for _ in range(400):
        guest.log.evaluate("(log) => { log.scrollTop = 0; }")
        guest.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if first.count():
            break
    expect(first).to_have_count(1)
    guest.log.evaluate(
        """async (log) => {
          for (let top = 0; top < log.scrollHeight; top += 600) {
            log.scrollTop = top;
            await new Promise((done) => requestAnimationFrame(done));
          }
        }"""
    )
    tasks = instruments.long_tasks(guest.page)
    record_property("thousand open ms", opened)
    record_property("thousand longest task ms", max(tasks, default=0.0))
    at_once = instruments.added_at_once(guest.page)
    record_property("thousand at once", at_once)
    # Counted, not timed: a busy machine makes every task long.
    assert 0 < at_once <= AT_ONCE
    assert opened <= 4 * usual


def opening(guest: Visitor, session: str, answer: str) -> float:
    """Milliseconds from the navigation to a session's last answer."""
    guest.page.goto(f"/app/chat/{session}")
    expect(guest.answer).to_contain_text(answer)
    return float(guest.page.evaluate("() => performance.now()"))


def test_a_fast_stream_is_drawn_at_most_once_a_frame(guest: Visitor, stub: StubModel, record_property: Record) -> None:
    guest.sign_in()
    guest.ask("say: before", "before")
    stub.script.delay = 0.01
    guest.send("say: " + numbered(WORDS))
    expect(guest.answer).to_contain_text("w5 ")
    guest.answer.evaluate(instruments.COUNT_FRAMES)
    expect(guest.answer).to_contain_text(f"w{WORDS - 40} ")
    counts = instruments.mutations_by_frame(guest.page)
    record_property("stream frames", len(counts))
    record_property("stream most changes", max(counts))
    assert len(counts) > 10
    assert max(counts) == 1
    guest.answered(f"w{WORDS - 1}")


def test_what_is_seldom_needed_is_loaded_when_it_is(guest: Visitor) -> None:
    scripts = instruments.Scripts()
    guest.sign_in()
    guest.ask("say: plain words", "plain words")
    scripts.over(guest.context)
    for message, seen in (
        ("say: $x^2$", ".katex, math"),
        ("say: ```python\nx = 1\n```", "pre code span"),
        ("say: ```mermaid\ngraph TD\n A --> B\n```", "button[aria-label='Download as SVG']:enabled"),
    ):
        before = scripts.gzipped()
        guest.send(message)
        expect(answer_in(guest.page).locator(seen).first).to_be_visible()
        # An answer is told of after its script has run. What needs nothing new is part of every first visit.
        guest.eventually(lambda before=before: scripts.gzipped() > before)  # type: ignore[misc]


def test_a_session_in_the_sidebar_opens_without_waiting_for_a_page(guest: Visitor) -> None:
    name = unique("near")
    session = kept_session(guest, name)
    guest.sign_in()
    expect(guest.sidebar.get_by_role("link", name=name)).to_be_visible()
    before = len(guest.watch.asked)
    guest.open_session(session)
    expect(guest.answer).to_contain_text("yes")
    assert not [asked for asked in guest.watch.asked[before:] if asked.endswith((".html", "/app/chat"))]
