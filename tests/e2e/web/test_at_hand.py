"""What the navigation has at hand: a look into a session before it is opened, the last list at once, a drawer that follows a finger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.web.visitor import PHONE, Visitor, kept_session, unique
from tests.support.product import Product


@pytest.fixture
def phone(browser: Browser, product: Product) -> Iterator[Visitor]:
    with Visitor.arrive(browser, product, viewport=PHONE, has_touch=True, is_mobile=True) as visitor:
        visitor.sign_in()
        yield visitor


def swipe(page: Page, start: int, end: int, y: int = 500) -> None:
    """A finger is drawn from one place of the window to another."""
    devtools = page.context.new_cdp_session(page)
    step = 1 if end > start else -1
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start, "y": y}]})
    for x in range(start, end, 15 * step):
        devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    devtools.detach()


def test_a_session_that_is_pointed_at_shows_its_last_question_and_answer(visitor: Visitor) -> None:
    name = unique("seen-")
    kept_session(visitor, name, "say: **bold** words")
    preview = visitor.page.get_by_role("tooltip", name="Preview")
    row = visitor.sidebar.get_by_role("link", name=name)
    visitor.page.reload()
    row.hover()
    expect(preview).to_contain_text("say: **bold** words")
    expect(preview).to_contain_text("bold words")
    preview.hover()
    expect(preview).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    row.focus()
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("ArrowUp")
    expect(preview).to_contain_text("bold words")
    row.click()
    expect(preview).to_have_count(0)


def test_the_last_list_stands_there_before_the_api_has_answered(visitor: Visitor) -> None:
    name = unique("known-")
    kept_session(visitor, name)
    visitor.page.reload()
    row = visitor.sidebar.get_by_role("link", name=name)
    expect(row).to_be_visible()
    visitor.page.route("**/sessions?**", lambda route: None)
    visitor.page.reload()
    expect(row).to_be_visible()
    visitor.page.unroute_all(behavior="ignoreErrors")
    visitor.page.reload()
    visitor.is_quiet()
    visitor.sign_out()
    assert visitor.page.evaluate("() => localStorage.getItem('reggie.v1.sessions.last')") is None


def test_a_finger_opens_and_closes_the_drawer(phone: Visitor) -> None:
    drawer = phone.page.get_by_role("dialog", name="Navigation")
    swipe(phone.page, 4, 40)
    expect(drawer).to_have_count(0)
    swipe(phone.page, 4, 200)
    expect(drawer).to_be_visible()
    expect(phone.sidebar).to_be_visible()
    swipe(phone.page, 250, 60)
    expect(drawer).to_have_count(0)
