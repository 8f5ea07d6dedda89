"""What makes the app pleasant on other windows and for other eyes: magnified, on its side, in high contrast, installed, by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import PHONE, Visitor, kept_session, unique
from tests.support.product import Product

MAGNIFIED = {"width": 320, "height": 256}
"""A window of 1280 x 1024 at 400 %: WCAG 2.2, 1.4.10."""
CODE = "say: so:\n\n```python\nprint(1)\n```\n\nand that is it"


@pytest.fixture
def magnified(browser: Browser, product: Product) -> Iterator[Visitor]:
    with Visitor.arrive(browser, product, viewport=MAGNIFIED) as visitor:
        visitor.sign_in()
        yield visitor


def test_a_page_at_400_percent_leaves_room_to_read(magnified: Visitor) -> None:
    magnified.ask("say: " + "to be read " * 30, "to be read")
    box = magnified.log.bounding_box()
    assert box is not None
    assert box["height"] >= MAGNIFIED["height"] * 0.45
    expect(magnified.composer).to_be_in_viewport()
    expect(magnified.page.get_by_role("button", name="Send")).to_be_in_viewport()
    assert magnified.page.evaluate("() => document.documentElement.scrollWidth") <= MAGNIFIED["width"]


def test_the_way_to_the_latest_words_is_offered_only_while_they_are_out_of_sight(visitor: Visitor) -> None:
    jump = visitor.page.get_by_role("button", name="Jump to latest")
    visitor.ask("say: " + "long " * 1500, "long")
    expect(jump).to_be_visible()
    # The room that is kept below a short answer, so that its question stands at the top, is nothing to jump to.
    visitor.ask("say: short", "short")
    expect(jump).to_have_count(0)
    visitor.log.evaluate("(log) => { log.scrollTop -= 200; }")
    expect(jump).to_have_count(0)
    visitor.log.evaluate("(log) => { log.scrollTop = 0; }")
    expect(jump).to_be_visible()


def test_a_session_that_is_read_on_a_phone_is_read(browser: Browser, product: Product) -> None:
    with Visitor.arrive(browser, product, viewport=PHONE, has_touch=True, is_mobile=True) as phone:
        phone.sign_in()
        session = phone.ask("say: seen", "seen")
        phone.eventually(lambda: phone.stored(session)["unread"] is False)
        phone.ask("say: again", "again")
        phone.eventually(lambda: phone.stored(session)["unread"] is False)


def test_contrast_text_size_and_density_stay_from_the_first_frame_on(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/app/settings")
    before = page.get_by_role("heading", name="Appearance").evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    page.get_by_label("High contrast").check()
    page.get_by_label("Text size").select_option("Largest")
    page.get_by_label("Density").select_option("Compact")
    page.route("**/assets/*.js", lambda route: route.abort())
    visitor.watch.expect("^console: .*")
    page.goto("/app/settings", wait_until="commit")
    page.wait_for_function("() => document.documentElement.classList.contains('contrast')")
    assert page.evaluate("() => document.documentElement.classList.contains('compact')")
    page.unroute("**/assets/*.js")
    page.reload()
    heading = page.get_by_role("heading", name="Appearance")
    assert heading.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") == pytest.approx(before * 1.5)
    expect(page.get_by_label("Density")).to_have_value("compact")
    visitor.sign_out()
    assert page.evaluate("() => document.documentElement.classList.contains('contrast')")


def test_keys_go_from_session_to_session_and_copy_the_last_code(visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    older, newer = kept_session(visitor, unique("older-"), CODE), kept_session(visitor, unique("newer-"))
    visitor.open(f"/app/chat/{newer}")
    expect(visitor.sidebar.locator(f"a[href$='/chat/{older}']")).to_be_visible()
    expect(visitor.composer).to_be_focused()
    visitor.page.keyboard.press("Alt+ArrowDown")
    visitor.page.wait_for_url(f"**/chat/{older}")
    expect(visitor.answer).to_contain_text("and that is it")
    visitor.ask("say: no code here", "no code here")
    visitor.page.keyboard.press("ControlOrMeta+Shift+Semicolon")
    expect(visitor.page.get_by_text("Code copied")).to_be_visible()
    assert visitor.page.evaluate("() => navigator.clipboard.readText()") == "print(1)"


def test_the_app_can_be_installed(visitor: Visitor) -> None:
    devtools = visitor.context.new_cdp_session(visitor.page)
    assert devtools.send("Page.getAppManifest")["errors"] == []
    complaints = {each["errorId"] for each in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    # A context of a test is a private window.
    assert complaints <= {"in-incognito"}


def test_what_comes_to_lie_below_a_pointer_at_rest_shows_no_tooltip(visitor: Visitor, stub: StubModel) -> None:
    stub.script.delay = 0.05
    visitor.send("say: " + "slow " * 400)
    visitor.stop.click()
    expect(visitor.page.get_by_role("button", name="Send: type a message first")).to_be_visible()
    visitor.page.wait_for_timeout(800)
    expect(visitor.page.get_by_role("tooltip")).to_have_count(0)


def test_a_caret_stands_where_an_answer_grows_until_it_ends(visitor: Visitor, stub: StubModel) -> None:
    caret = "(one) => getComputedStyle(one, '::after').content"
    stub.script.delay = 0.1
    visitor.send("say: " + "slow " * 40)
    words = visitor.answer.locator("p", has_text="slow")
    assert words.last.evaluate(caret) == '""'
    visitor.answered("slow")
    assert words.last.evaluate(caret) == "none"


def test_an_answer_can_be_read_aloud_and_silenced(visitor: Visitor) -> None:
    visitor.page.evaluate("() => { window.said = []; speechSynthesis.speak = (one) => window.said.push(one.text); }")
    visitor.ask("say: Hear **this**.", "Hear this")
    more = visitor.answer.get_by_role("button", name="More actions")
    more.click()
    visitor.page.get_by_role("menuitem", name="Read aloud").click()
    assert visitor.page.evaluate("() => window.said") == ["Hear this."]
    more.click()
    visitor.page.get_by_role("menuitem", name="Stop reading").click()
    more.click()
    expect(visitor.page.get_by_role("menuitem", name="Read aloud")).to_be_visible()


def test_a_shortcut_has_the_keys_that_were_chosen_for_it(visitor: Visitor) -> None:
    page = visitor.page
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    palette = page.get_by_role("dialog", name="Search")
    page.keyboard.press("ControlOrMeta+/")
    sheet.get_by_role("button", name="Change: Search and commands").click()
    page.keyboard.press("ControlOrMeta+/")
    expect(sheet.get_by_role("alert")).to_contain_text("is for “Keyboard shortcuts” already")
    page.keyboard.press("Alt+J")
    expect(sheet.get_by_role("button", name="Alt J. Change: Search and commands")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.reload()
    expect(visitor.composer).to_be_focused()
    page.keyboard.press("ControlOrMeta+K")
    expect(palette).to_have_count(0)
    page.keyboard.press("Alt+J")
    expect(palette).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+/")
    sheet.get_by_role("button", name="Reset all").click()
    expect(sheet.get_by_role("button", name="Ctrl K. Change: Search and commands")).to_be_visible()


def test_what_is_selected_in_an_answer_is_quoted_by_a_button_beside_it(visitor: Visitor) -> None:
    visitor.ask("say: Not this. Quote these words. Nor that.", "Nor that")
    select = """(words) => {
        const text = document.createTreeWalker(words, NodeFilter.SHOW_TEXT).nextNode();
        const from = text.data.indexOf("Quote these words.");
        getSelection().setBaseAndExtent(text, from, text, from + "Quote these words.".length);
    }"""
    words = visitor.answer.locator(".markdown p", has_text="Quote these words").last
    words.evaluate(select)
    visitor.page.get_by_role("button", name="Quote", exact=True).click()
    expect(visitor.composer).to_have_value("> Quote these words.\n\n")
    expect(visitor.composer).to_be_focused()
    expect(visitor.page.get_by_role("button", name="Quote", exact=True)).to_have_count(0)
