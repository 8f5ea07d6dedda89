"""How light the app is. Times have generous bounds: the figures of a quiet machine are printed (`pytest -rP`)."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

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
TURNS = 500
WORDS = 300


@pytest.fixture
def guest(browser: Browser, product: Product) -> Iterator[Visitor]:
    """Somebody whose browser has never been here, and who likes things to move."""
    with Visitor.arrive(browser, product, reduced_motion="no-preference") as visitor:
        visitor.context.add_init_script(instruments.WHEN_FOCUSABLE)
        yield visitor


def test_the_shell_and_the_chat_are_light(guest: Visitor) -> None:
    scripts = instruments.Scripts()
    scripts.over(guest.context)
    guest.open("/app/sign-in")
    expect(guest.page.get_by_label("Password", exact=True)).to_be_visible()
    shell = scripts.gzipped()
    guest.fill_in(guest.email, guest.password)
    expect(guest.composer).to_be_visible()
    guest.ask("say: a first answer with **bold** words", "a first answer")
    chat = scripts.gzipped()
    print(f"JavaScript, gzipped: {shell / 1000:.0f} kB for the sign-in page, {chat / 1000:.0f} kB up to the first answer")
    for url, size in sorted(scripts.sizes.items(), key=lambda item: -item[1]):
        print(f"  {size / 1000:6.1f} kB {url.rpartition('/')[2]}")
    assert shell <= SHELL
    assert chat <= CHAT


def test_the_chat_can_be_typed_into_soon(guest: Visitor) -> None:
    guest.sign_in()
    times = []
    for _ in range(3):
        guest.open("/app/chat")
        expect(guest.composer).to_be_focused()
        times.append(float(guest.page.evaluate("() => window.interactiveAfter")))
    print(f"navigation to a composer that can be typed into: {', '.join(f'{each:.0f}' for each in times)} ms")
    assert min(times) <= GENEROUS


def test_a_session_of_a_thousand_messages_opens_and_scrolls(guest: Visitor, product: Product) -> None:
    session = unique("long")
    with product.client() as client:
        for number in range(TURNS):
            asked = {"message": f"say: Answer **{number}** with `code`\n\n- and\n- a list", "session_id": session, "stream": "false"}
            client.post("/agents/assistant/runs", data=asked).raise_for_status()
    guest.sign_in()
    guest.page.evaluate(instruments.COUNT_LONG_TASKS)
    guest.page.goto(f"/app/chat/{session}")
    expect(guest.answer).to_contain_text(f"Answer {TURNS - 1}")
    opened = float(guest.page.evaluate("() => performance.now()"))
    guest.page.evaluate(instruments.COUNT_LONG_TASKS)
    first = guest.log.get_by_role("article").filter(has_text="Answer 0 with")
    for _ in range(400):
        guest.log.evaluate("(log) => { log.scrollTop = 0; }")
        guest.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if first.count():
            break
    expect(first).to_have_count(1)
    shown = guest.log.get_by_role("article").count()
    guest.log.evaluate(
        """async (log) => {
          for (let top = 0; top < log.scrollHeight; top += 600) {
            log.scrollTop = top;
            await new Promise((done) => requestAnimationFrame(done));
          }
        }"""
    )
    tasks = instruments.long_tasks(guest.page)
    print(f"{2 * TURNS} messages: last answer shown after {opened:.0f} ms; {shown} turns in the page after scrolling to the first")
    print(f"  long tasks while scrolling there and back: {len(tasks)}, the longest {max(tasks, default=0):.0f} ms")
    assert opened <= GENEROUS
    assert max(tasks, default=0.0) <= 500.0


def test_a_fast_stream_is_drawn_at_most_once_a_frame(guest: Visitor, stub: StubModel) -> None:
    guest.sign_in()
    guest.ask("say: before", "before")
    stub.script.delay = 0.01
    guest.send("say: " + numbered(WORDS))
    expect(guest.answer).to_contain_text("w5 ")
    guest.answer.evaluate(instruments.COUNT_FRAMES)
    expect(guest.answer).to_contain_text(f"w{WORDS - 40} ")
    counts = instruments.mutations_by_frame(guest.page)
    twice = sum(count > 1 for count in counts)
    print(f"100 tokens a second: {len(counts)} frames with a change, {twice} with more than one, mean {mean(counts):.2f}")
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
        assert scripts.gzipped() > before, f"{message!r} needed nothing new: it is part of every first visit"


def test_a_session_in_the_sidebar_opens_without_waiting_for_a_page(guest: Visitor) -> None:
    name = unique("near")
    session = kept_session(guest, name)
    guest.sign_in()
    expect(guest.sidebar.get_by_role("link", name=name)).to_be_visible()
    before = len(guest.watch.asked)
    guest.open_session(session)
    expect(guest.answer).to_contain_text("yes")
    assert not [asked for asked in guest.watch.asked[before:] if asked.endswith((".html", "/app/chat"))]
