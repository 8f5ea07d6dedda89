"""Both themes, a phone's width, and the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.web.visitor import PHONE, Visitor, kept_session, unique
from tests.support.product import Product

TOO_WIDE = """() => {
  // What scrolls in its own frame is no wider than the frame.
  const free = (one) => {
    for (let up = one.parentElement; up; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return false;
    return true;
  };
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && free(one))
    .map((one) => one.outerHTML.slice(0, 120));
}"""
WIDE = "say: | " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n\n```\n" + "x" * 300 + "\n```\n\n" + "y" * 300


@pytest.fixture
def phone(browser: Browser, product: Product) -> Iterator[Visitor]:
    """A signed-in visitor with a phone."""
    with Visitor.arrive(browser, product, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2) as visitor:
        visitor.sign_in()
        yield visitor


def is_dark(visitor: Visitor) -> bool:
    found: bool = visitor.page.evaluate(
        """() => {
          const canvas = new OffscreenCanvas(1, 1).getContext("2d");
          canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
          canvas.fillRect(0, 0, 1, 1);
          return canvas.getImageData(0, 0, 1, 1).data[0] < 128;
        }"""
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_systems_theme_is_taken_from_the_first_frame_on(browser: Browser, product: Product, scheme: str) -> None:
    with Visitor.arrive(browser, product, color_scheme=scheme) as visitor:
        visitor.open("/app/sign-in")
        assert is_dark(visitor) == (scheme == "dark")


def test_a_chosen_theme_stays(visitor: Visitor) -> None:
    visitor.open("/app/settings")
    visitor.page.get_by_label("Theme").select_option("Dark")
    visitor.eventually(lambda: is_dark(visitor))
    visitor.page.reload()
    assert is_dark(visitor)
    visitor.page.get_by_label("Theme").select_option("Light")
    visitor.eventually(lambda: not is_dark(visitor))


@pytest.mark.parametrize("path", ["/app/chat", "/app/chat/{session}", "/app/sessions", "/app/sessions/{session}", "/app/settings"])
def test_nothing_is_wider_than_a_phone(phone: Visitor, path: str) -> None:
    session = kept_session(phone, unique("a-rather-long-name-without-any-space-in-it-"), WIDE)
    phone.open(path.format(session=session))
    if "chat/" in path:
        expect(phone.answer).to_contain_text("column 11")
    phone.is_quiet()
    assert phone.page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.page.evaluate(TOO_WIDE) == []


def test_a_phone_can_chat_and_reach_everything_through_the_drawer(phone: Visitor) -> None:
    expect(phone.composer).to_be_in_viewport()
    session = phone.ask("say: from my phone", "from my phone")
    expect(phone.composer).to_be_in_viewport()
    phone.page.get_by_role("button", name="Open the navigation").click()
    drawer = phone.page.get_by_role("dialog")
    expect(drawer.get_by_role("link", name="say: from my phone")).to_be_visible()
    drawer.get_by_role("link", name="New chat").click()
    expect(drawer).to_have_count(0)
    expect(phone.composer).to_be_in_viewport()
    phone.page.get_by_role("button", name="Open the navigation").click()
    drawer.locator(f"a[href$='/chat/{session}']").click()
    expect(drawer).to_have_count(0)
    expect(phone.answer).to_contain_text("from my phone")


def test_the_actions_of_a_message_can_be_seen_without_a_mouse(phone: Visitor) -> None:
    phone.ask("say: one", "one")
    phone.ask("say: two", "two")
    action = phone.log.get_by_role("article").first.get_by_role("button", name="Regenerate")
    box = action.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    assert action.evaluate("(element) => getComputedStyle(element.parentElement).opacity") == "1"


def test_everything_from_the_sign_in_to_the_answer_works_by_keyboard(stranger: Visitor) -> None:
    stranger.open("/app/sign-in")
    expect(stranger.page.get_by_label("Email")).to_be_focused()
    keyboard = stranger.page.keyboard
    keyboard.type(stranger.email)
    keyboard.press("Tab")
    keyboard.type(stranger.password)
    keyboard.press("Enter")
    expect(stranger.composer).to_be_focused()
    keyboard.type("say: by keyboard")
    keyboard.press("Enter")
    stranger.answered("by keyboard")
    expect(stranger.composer).to_be_focused()
    keyboard.press("ControlOrMeta+Shift+O")
    expect(stranger.page).to_have_url(re.compile(r"/app/chat/?$"))
    expect(stranger.composer).to_be_focused()
    keyboard.press("ControlOrMeta+k")
    expect(stranger.page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    keyboard.type("by keyboard")
    expect(stranger.page.get_by_role("option").filter(has_text="by keyboard").first).to_be_visible()
    keyboard.press("Enter")
    expect(stranger.answer).to_contain_text("by keyboard")
    keyboard.press("ControlOrMeta+/")
    expect(stranger.page.get_by_role("dialog")).to_contain_text("Stop the answer")
    keyboard.press("Escape")
    expect(stranger.page.get_by_role("dialog")).to_have_count(0)


def test_a_dialog_holds_the_focus_and_gives_it_back(visitor: Visitor) -> None:
    visitor.composer.focus()
    visitor.page.keyboard.press("ControlOrMeta+k")
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        visitor.page.keyboard.press("Tab")
        inside = (
            "() => !document.activeElement || document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
        assert visitor.page.evaluate(inside)
    visitor.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(visitor.composer).to_be_focused()
