"""The menus of the message box: commands, saved prompts, agents; all by the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.web.test_accessibility import AXE
from tests.e2e.web.visitor import Visitor, unique
from tests.support.product import Product

OTTO = "Otto"


@pytest.fixture
def otto(product: Product) -> str:
    """A second agent of the workspace."""
    product.new_agent("otto", OTTO)
    return "otto"


def menu(visitor: Visitor, name: str = "Prompts and commands") -> Locator:
    return visitor.page.get_by_role("listbox", name=name)


def box(visitor: Visitor) -> Locator:
    """The message box, whichever role it has just now."""
    return visitor.page.locator("textarea[aria-label=Message]")


def active(visitor: Visitor) -> Locator:
    return visitor.page.locator(f"[id='{box(visitor).get_attribute('aria-activedescendant')}']")


def test_a_slash_offers_commands_and_the_keys_choose(visitor: Visitor) -> None:
    visitor.ask("say: first words", "first words")
    visitor.composer.press_sequentially("/")
    expect(menu(visitor)).to_be_visible()
    field = visitor.page.get_by_role("combobox", name="Message")
    expect(field).to_have_attribute("aria-expanded", "true")
    # The session's own commands come last, and stand before the others.
    expect(menu(visitor).get_by_role("option", name="Rename this chat")).to_be_visible()
    first = active(visitor).inner_text()
    field.press("ArrowDown")
    visitor.eventually(lambda: active(visitor).inner_text() != first)
    field.press("ArrowUp")
    visitor.eventually(lambda: active(visitor).inner_text() == first)
    field.press_sequentially("regen")
    expect(menu(visitor).get_by_role("option")).to_have_count(1)
    field.press("Enter")
    expect(visitor.composer).to_have_value("")
    expect(visitor.log.get_by_text("2 / 2")).to_be_visible()
    visitor.answered("first words")
    assert len(visitor.runs(visitor.session)) == 2


def test_the_menu_opens_at_the_beginning_of_a_word_only_and_escape_puts_it_away(visitor: Visitor) -> None:
    for text in ("and/or", "me@home", "1 / 2 ", "/usr/bin"):
        visitor.composer.press_sequentially(text)
        expect(visitor.page.get_by_role("listbox")).to_have_count(0)
        visitor.composer.fill("")
    visitor.composer.press_sequentially("/")
    expect(menu(visitor)).to_be_visible()
    box(visitor).press("Escape")
    expect(menu(visitor)).to_have_count(0)
    visitor.composer.press_sequentially("new")
    expect(menu(visitor)).to_have_count(0)
    visitor.composer.press("Enter")
    expect(visitor.log.get_by_role("article").filter(has_text="/new")).to_be_visible()


def test_a_word_that_an_input_method_composes_opens_nothing(visitor: Visitor) -> None:
    session = visitor.context.new_cdp_session(visitor.page)
    visitor.composer.focus()
    session.send("Input.imeSetComposition", {"text": "/", "selectionStart": 1, "selectionEnd": 1})
    expect(visitor.composer).to_have_value("/")
    visitor.page.wait_for_timeout(300)
    expect(visitor.page.get_by_role("listbox")).to_have_count(0)


def test_a_text_becomes_a_prompt_whose_blanks_tab_fills_in(visitor: Visitor) -> None:
    page, name = visitor.page, unique("Letter ")
    visitor.composer.press_sequentially("say: Write {{what}} for {{whom}} /save")
    box(visitor).press("Enter")
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    visitor.composer.fill("")
    visitor.composer.press_sequentially(f"/{name.split()[1][:4]}")
    expect(menu(visitor).get_by_role("option")).to_have_count(1)
    box(visitor).press("Tab")
    visitor.composer.press_sequentially("a letter")
    visitor.composer.press("Tab")
    visitor.composer.press_sequentially("Ada")
    expect(visitor.composer).to_have_value("say: Write a letter for Ada")
    # No trap: with nothing left to fill in, Tab leaves the box.
    visitor.composer.press("Tab")
    expect(visitor.composer).not_to_be_focused()
    visitor.composer.press("Enter")
    visitor.answered("Write a letter for Ada")


def test_saved_prompts_are_changed_and_deleted_with_a_way_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.composer.press_sequentially("/saved")
    box(visitor).press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="New prompt").click()
    dialog.get_by_label("Name").fill("Greeting")
    dialog.get_by_label("Text").fill("Good {{time}}")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Edit: Greeting").click()
    dialog.get_by_label("Name").fill("Salute")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Delete: Salute").click()
    expect(dialog.get_by_role("button", name="Insert: Salute")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    dialog.get_by_role("button", name="Insert: Salute").click()
    expect(visitor.composer).to_have_value("Good {{time}}")
    expect(visitor.composer).to_be_focused()
    assert visitor.composer.evaluate("(box) => box.value.slice(box.selectionStart, box.selectionEnd)") == "{{time}}"


def test_an_open_menu_is_accessible(visitor: Visitor) -> None:
    visitor.context.add_init_script(path=AXE)
    visitor.page.reload()
    visitor.composer.press_sequentially("/")
    expect(menu(visitor)).to_be_visible()
    found = visitor.page.evaluate("() => axe.run(document, {resultTypes: ['violations'], iframes: false})")
    assert [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")] == []


def test_a_chat_is_renamed_and_found_in_the_palette_by_the_same_words(visitor: Visitor) -> None:
    page, name = visitor.page, unique("Renamed ")
    session = visitor.ask("say: to be renamed", "to be renamed")
    visitor.composer.press_sequentially("/rename")
    expect(menu(visitor).get_by_role("option", name="Rename this chat")).to_be_visible()
    box(visitor).press("Enter")
    page.get_by_role("dialog").get_by_label("New name").fill(name)
    page.keyboard.press("Enter")
    visitor.eventually(lambda: visitor.stored(session)["session_name"] == name)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.keyboard.press("ControlOrMeta+k")
    page.get_by_role("combobox", name="Search sessions and commands").fill("rename this")
    expect(page.get_by_role("option", name="Rename this chat")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(visitor.composer).to_be_focused()
    with page.expect_download() as download:
        visitor.composer.press_sequentially("/markdown")
        expect(menu(visitor).get_by_role("option", name="Export as Markdown")).to_be_visible()
        box(visitor).press("Enter")
    assert download.value.suggested_filename.endswith(".md")


def test_an_at_sign_picks_the_agent_of_the_message(otto: str, visitor: Visitor) -> None:
    visitor.ask("say: from the first", "from the first")
    visitor.composer.press_sequentially("@ott")
    expect(menu(visitor, "Agents").get_by_role("option")).to_have_count(1)
    box(visitor).press("Enter")
    expect(visitor.page.get_by_text(f"To {OTTO}")).to_be_visible()
    visitor.ask("say: from the second", "from the second")
    runs = visitor.runs(visitor.session)
    assert [run["agent_id"] for run in runs] == ["assistant", otto]
    assert runs[1]["parent_run_id"] == runs[0]["run_id"]
    # The chat goes on with whom it was last with.
    visitor.ask("say: and on", "and on")
    assert visitor.runs(visitor.session)[-1]["agent_id"] == otto
