"""A conversation: asked, stopped, queued, edited, answered anew, forked, and never losing what was typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import Visitor, numbered, unique, words_in


@pytest.fixture
def slow(stub: StubModel) -> StubModel:
    """20 ms a word."""
    stub.script.delay = 0.02
    return stub


def waiting(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("list", name="Waiting messages").get_by_role("listitem")


def messages(visitor: Visitor) -> Locator:
    """The turns that are shown."""
    return visitor.log.get_by_role("article")


def test_the_message_stands_there_at_once_and_the_answer_follows(visitor: Visitor, stub: StubModel) -> None:
    stub.script.first_delay = 0.5
    visitor.send("say: after a while")
    expect(messages(visitor)).to_have_count(1)
    expect(visitor.answer).to_contain_text("Thinking…")
    expect(visitor.composer).to_have_value("")
    visitor.answered("after a while")
    expect(visitor.page).to_have_title(re.compile("say: after a while"))


def test_a_stop_keeps_what_was_said(visitor: Visitor, slow: StubModel) -> None:
    visitor.send("say: " + numbered(300))
    expect(visitor.answer).to_contain_text("w10 ")
    visitor.stop.click()
    visitor.answered("Stopped. What was said until then is kept.")
    shown = words_in(visitor.page).split()
    assert shown == numbered(300).split()[: len(shown)]
    assert 10 <= len(shown) < 300
    assert visitor.runs(visitor.session)[-1]["status"] == "CANCELLED"
    visitor.page.reload()
    expect(visitor.answer).to_contain_text("Stopped")
    assert words_in(visitor.page).split() == shown
    visitor.eventually(lambda: slow.open_streams == 0)


def test_escape_stops(visitor: Visitor, slow: StubModel) -> None:
    visitor.send("say: " + numbered(300))
    expect(visitor.answer).to_contain_text("w10 ")
    visitor.page.keyboard.press("Escape")
    visitor.answered("Stopped")


def test_messages_wait_while_an_answer_is_under_way(visitor: Visitor, slow: StubModel) -> None:
    visitor.send("say: " + numbered(100))
    expect(visitor.answer).to_contain_text("w3 ")
    for text in ("say: second", "say: third", "say: never"):
        visitor.send(text)
    expect(waiting(visitor)).to_have_count(3)
    waiting(visitor).nth(2).get_by_role("button", name="Delete waiting message").click()
    waiting(visitor).nth(1).get_by_role("button", name="Edit waiting message").click()
    box = visitor.page.get_by_role("textbox", name="Edit waiting message")
    box.fill("say: reworded")
    visitor.page.get_by_role("button", name="Save").click()
    expect(waiting(visitor)).to_have_text([re.compile("say: second"), re.compile("say: reworded")])
    visitor.answered("reworded")
    asked = [run["run_input"] for run in visitor.runs(visitor.session)]
    assert asked == ["say: " + numbered(100), "say: second", "say: reworded"]


def test_a_waiting_message_may_interrupt(visitor: Visitor, slow: StubModel) -> None:
    visitor.send("say: " + numbered(300))
    expect(visitor.answer).to_contain_text("w3 ")
    visitor.send("say: urgent")
    waiting(visitor).get_by_role("button", name=re.compile("send this now")).click()
    visitor.answered("urgent")
    assert [run["status"] for run in visitor.runs(visitor.session)] == ["CANCELLED", "COMPLETED"]


def test_an_edited_message_is_a_version_beside_the_first(visitor: Visitor) -> None:
    visitor.ask("say: first version", "first version")
    visitor.ask("history", "1 |")
    messages(visitor).first.hover()
    messages(visitor).first.get_by_role("button", name="Edit message").click()
    box = visitor.page.get_by_role("textbox", name="Edit message")
    expect(box).to_have_value("say: first version")
    box.fill("say: second version")
    box.press("Enter")
    visitor.answered("second version")
    expect(messages(visitor)).to_have_count(1)
    versions = messages(visitor).first.get_by_role("group", name="Versions")
    expect(versions).to_contain_text("2 / 2")
    versions.get_by_role("button", name="Previous version").click()
    expect(versions).to_contain_text("1 / 2")
    expect(messages(visitor)).to_have_count(2)
    expect(visitor.answer).to_contain_text("1 | say: first version")
    visitor.page.reload()
    expect(messages(visitor)).to_have_count(2)
    visitor.ask("history", "say: first version | history")
    expect(visitor.log).not_to_contain_text("second version")


def test_a_regenerated_answer_is_a_version_too(visitor: Visitor, stub: StubModel) -> None:
    visitor.ask("history", "0")
    before = stub.requests
    visitor.answer.get_by_role("button", name="Regenerate").click()
    versions = messages(visitor).last.get_by_role("group", name="Versions")
    expect(versions).to_contain_text("2 / 2")
    visitor.answered("0")
    assert stub.requests == before + 1
    expect(messages(visitor)).to_have_count(1)


def test_a_fork_is_a_session_of_its_own(visitor: Visitor) -> None:
    name = unique("origin")
    first = visitor.ask(f"say: {name}", name)
    visitor.ask("say: not in the fork", "not in the fork")
    messages(visitor).first.hover()
    messages(visitor).first.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Fork from here").click()
    visitor.page.wait_for_url(lambda url: "/app/chat/" in url and first not in url)
    expect(messages(visitor)).to_have_count(1)
    expect(visitor.log).not_to_contain_text("not in the fork")
    visitor.ask("history", f"1 | say: {name}")
    assert len(visitor.runs(first)) == 2


def test_what_an_answer_took_is_told_on_demand(visitor: Visitor) -> None:
    visitor.ask("say: measured", "measured")
    visitor.answer.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Tokens, cost and times").click()
    facts = visitor.answer.locator("dl")
    for fact in ("Model", "stub", "Tokens in", "Tokens out", "Total"):
        expect(facts).to_contain_text(fact)


def test_a_rating_is_kept_with_its_reason(visitor: Visitor) -> None:
    session = visitor.ask("say: rated", "rated")
    visitor.answer.get_by_role("button", name="Bad answer").click()
    dialog = visitor.page.get_by_role("dialog", name="What was wrong?")
    dialog.get_by_role("button", name="Too short").click()
    dialog.get_by_label("Comment").fill("One word only")
    dialog.get_by_role("button", name="Send").click()
    expected = {"rating": "down", "reasons": ["Too short"], "comment": "One word only"}
    visitor.eventually(lambda: visitor.runs(session)[-1]["feedback"] == expected)
    visitor.page.reload()
    expect(visitor.answer.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


def test_a_draft_survives_a_reload_and_belongs_to_its_session(visitor: Visitor) -> None:
    session = visitor.ask("say: here", "here")
    visitor.composer.fill("half a thought")
    visitor.start_new_chat()
    expect(visitor.composer).to_have_value("")
    visitor.composer.fill("another")
    visitor.page.reload()
    expect(visitor.composer).to_have_value("another")
    visitor.composer.fill("")
    visitor.open_session(session)
    expect(visitor.composer).to_have_value("half a thought")


def test_a_message_entered_before_the_agents_are_there_is_sent_once_they_are(visitor: Visitor) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.context.route(re.compile(r"/agents$"), hold)
    visitor.page.reload()
    visitor.composer.fill("say: quick fingers")
    visitor.composer.press("Enter")
    visitor.eventually(lambda: len(held) > 0)
    expect(visitor.composer).to_have_value("say: quick fingers")
    # Taking the route away lets what was held go on.
    visitor.context.unroute_all(behavior="default")
    visitor.answered("quick fingers")


def test_shift_and_enter_make_a_line(visitor: Visitor) -> None:
    visitor.composer.press_sequentially("say: one")
    visitor.composer.press("Shift+Enter")
    visitor.composer.press_sequentially("two")
    expect(visitor.composer).to_have_value("say: one\ntwo")
    expect(messages(visitor)).to_have_count(0)


def test_arrow_up_brings_back_what_was_said(visitor: Visitor) -> None:
    visitor.ask("say: once more", "once more")
    visitor.composer.press("ArrowUp")
    expect(visitor.composer).to_have_value("say: once more")


def test_a_starter_prompt_begins_a_session(visitor: Visitor) -> None:
    visitor.page.get_by_role("list", name="Ways to begin").get_by_role("button", name="What can you do?").click()
    visitor.answered("a quick answer")
    assert visitor.runs(visitor.session)[0]["run_input"] == "What can you do?"


def test_the_box_stays_the_same_when_a_new_chat_gets_its_address(visitor: Visitor) -> None:
    visitor.composer.focus()
    visitor.page.evaluate("() => { window.firstBox = document.activeElement; }")
    visitor.send("say: stay")
    assert visitor.session
    visitor.answered("stay")
    same = "() => window.firstBox.isConnected && document.activeElement === window.firstBox && window.firstBox.matches('textarea')"
    assert visitor.page.evaluate(same), "a phone would close its keyboard"
    visitor.start_new_chat()
    expect(messages(visitor)).to_have_count(0)
    visitor.ask("say: another", "another")
    expect(messages(visitor)).to_have_count(1)


def test_enter_while_a_word_is_composed_belongs_to_the_input_method(visitor: Visitor) -> None:
    visitor.composer.fill("say: ")
    visitor.composer.press("End")
    keyboard = visitor.context.new_cdp_session(visitor.page)
    keyboard.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(visitor.composer).to_have_value("say: にほん")
    for code in (13, 229):
        # What a browser tells of the Enter that ends a composition: it brings no letter of its own, and 229 is how some say so.
        keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code})
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code})
    expect(visitor.composer).to_have_value("say: にほん")
    expect(messages(visitor)).to_have_count(0)
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(visitor.composer).to_have_value("say: 日本")
    visitor.page.keyboard.press("Enter")
    visitor.answered("日本")


def test_a_message_that_waits_on_the_server_is_stopped_without_looking_for_it(visitor: Visitor, slow: StubModel) -> None:
    session = visitor.ask("say: first", "first")
    with visitor.product.client() as client:
        elsewhere = {"message": "say: " + numbered(400), "session_id": session, "background": "true", "stream": "false"}
        client.post("/agents/assistant/runs", data=elsewhere).raise_for_status()
        visitor.eventually(lambda: visitor.runs(session)[-1]["status"] == "RUNNING")
        before = len(visitor.watch.asked)
        visitor.send("say: never")
        expect(visitor.answer).to_contain_text("Waiting for an earlier answer")
        visitor.stop.click()
        visitor.answered("Stopped before the first word")
        lists = [each for each in visitor.watch.asked[before:] if each == f"GET /sessions/{session}/runs"]
        assert lists == []
        states = {run["run_input"]: run["status"] for run in visitor.runs(session)}
        assert states["say: never"] == "CANCELLED"
        (running,) = [run["run_id"] for run in visitor.runs(session) if run["status"] == "RUNNING"]
        client.post(f"/agents/assistant/runs/{running}/cancel", data={"session_id": session}).raise_for_status()
