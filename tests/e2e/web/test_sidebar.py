"""The sessions beside the chat: renamed, pinned, archived, tagged, deleted with Undo, and found again."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, expect

from tests.e2e.web.visitor import Visitor, kept_session, unique


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.sidebar.get_by_role("listitem").filter(has=visitor.page.get_by_role("link", name=name))


def choose(visitor: Visitor, name: str, entry: str) -> None:
    """An entry of a session's menu."""
    row(visitor, name).hover()
    visitor.page.get_by_role("button", name=f"Actions for {name}").click()
    visitor.page.get_by_role("menuitem", name=entry, exact=True).click()


def at_home(visitor: Visitor, *names: str) -> list[str]:
    """Sessions with these names, which the sidebar shows."""
    made = [kept_session(visitor, name) for name in names]
    visitor.page.reload()
    for name in names:
        expect(row(visitor, name)).to_be_visible()
    return made


def test_a_session_is_renamed_in_its_place(visitor: Visitor) -> None:
    old, new, other = unique("old"), unique("new"), unique("other")
    session, _ = at_home(visitor, old, other)
    choose(visitor, old, "Rename")
    field = visitor.sidebar.get_by_role("textbox", name="New name")
    expect(field).to_be_focused()
    field.fill(new)
    field.press("Enter")
    expect(row(visitor, new)).to_be_visible()
    expect(row(visitor, old)).to_have_count(0)
    visitor.page.reload()
    names = visitor.sidebar.get_by_role("link").filter(has_text=new).or_(visitor.sidebar.get_by_role("link").filter(has_text=other))
    expect(names).to_have_text([re.compile(f"^{other}"), re.compile(f"^{new}")])
    assert visitor.stored(session)["session_name"] == new


def test_escape_leaves_the_name_as_it_was(visitor: Visitor) -> None:
    name = unique("name")
    (session,) = at_home(visitor, name)
    row(visitor, name).get_by_role("link").press("F2")
    field = visitor.sidebar.get_by_role("textbox", name="New name")
    field.fill("something else")
    field.press("Escape")
    expect(row(visitor, name)).to_be_visible()
    assert visitor.stored(session)["session_name"] == name


def test_a_pinned_session_stands_first(visitor: Visitor) -> None:
    first, second = unique("first"), unique("second")
    (session, _) = at_home(visitor, first, second)
    choose(visitor, first, "Pin")
    expect(visitor.sidebar.get_by_role("list", name="Pinned").get_by_role("link", name=first)).to_be_visible()
    visitor.page.reload()
    expect(visitor.sidebar.get_by_role("list", name="Pinned").get_by_role("link", name=first)).to_be_visible()
    choose(visitor, first, "Unpin")
    expect(visitor.sidebar.get_by_role("list", name="Pinned").get_by_role("link", name=first)).to_have_count(0)
    visitor.eventually(lambda: visitor.stored(session)["pinned"] is False)


def test_an_archived_session_leaves_the_list_and_comes_back(visitor: Visitor) -> None:
    name = unique("done")
    at_home(visitor, name)
    choose(visitor, name, "Archive")
    expect(row(visitor, name)).to_have_count(0)
    visitor.sidebar.get_by_role("button", name="Filter sessions").click()
    visitor.page.get_by_role("menuitemcheckbox", name="Archived").click()
    visitor.page.keyboard.press("Escape")
    expect(row(visitor, name)).to_be_visible()
    choose(visitor, name, "Take out of the archive")
    expect(row(visitor, name)).to_have_count(0)
    visitor.page.reload()
    expect(row(visitor, name)).to_be_visible()


def test_tags_are_given_and_filter_the_list(visitor: Visitor) -> None:
    tagged, other, tag = unique("tagged"), unique("other"), unique("t")
    (session, _) = at_home(visitor, tagged, other)
    choose(visitor, tagged, "Tags…")
    dialog = visitor.page.get_by_role("dialog", name="Tags")
    dialog.get_by_label("New tag").fill(tag)
    dialog.get_by_role("button", name="Add").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    visitor.eventually(lambda: visitor.stored(session)["tags"] == [tag])
    visitor.sidebar.get_by_role("button", name="Filter sessions").click()
    visitor.page.get_by_role("menuitemradio", name=tag).click()
    expect(row(visitor, tagged)).to_be_visible()
    expect(row(visitor, other)).to_have_count(0)


def test_a_deletion_can_be_undone(visitor: Visitor) -> None:
    name = unique("mistake")
    (session,) = at_home(visitor, name)
    choose(visitor, name, "Delete")
    expect(row(visitor, name)).to_have_count(0)
    visitor.page.get_by_role("button", name="Undo").click()
    expect(row(visitor, name)).to_be_visible()
    visitor.page.reload()
    expect(row(visitor, name)).to_be_visible()
    assert visitor.stored(session)["session_name"] == name


def test_a_deletion_that_nobody_undoes_is_carried_out(visitor: Visitor) -> None:
    name = unique("rubbish")
    (session,) = at_home(visitor, name)
    choose(visitor, name, "Delete")
    visitor.page.get_by_role("button", name="Dismiss").click()
    visitor.eventually(lambda: not visitor.exists(session))
    expect(row(visitor, name)).to_have_count(0)


def test_leaving_the_page_carries_a_deletion_out(visitor: Visitor) -> None:
    name = unique("rubbish")
    (session,) = at_home(visitor, name)
    choose(visitor, name, "Delete")
    expect(row(visitor, name)).to_have_count(0)
    visitor.page.goto("about:blank")
    visitor.eventually(lambda: not visitor.exists(session))


def test_the_palette_finds_a_session_by_its_words(visitor: Visitor) -> None:
    word, title = unique("needle"), unique("title")
    session = kept_session(visitor, title, f"say: here is the {word} in the hay")
    for hit in (word, title):
        visitor.page.keyboard.press("ControlOrMeta+k")
        palette = visitor.page.get_by_role("dialog")
        palette.get_by_role("combobox").fill(hit)
        found = palette.get_by_role("option").filter(has_text=title)
        expect(found).to_be_visible()
        expect(found.locator("mark").first).to_have_text(hit)
        visitor.page.keyboard.press("Escape")
        expect(palette).to_have_count(0)
    visitor.page.keyboard.press("ControlOrMeta+k")
    palette.get_by_role("combobox").fill(word)
    expect(palette.get_by_role("option").filter(has_text=title)).to_be_visible()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"**/app/chat/{session}")
    expect(visitor.log).to_contain_text(word)


def test_an_answer_that_came_unseen_is_marked_unread(visitor: Visitor) -> None:
    name = unique("unseen")
    at_home(visitor, name)
    expect(row(visitor, name).get_by_role("link")).to_contain_text("unread")
    row(visitor, name).get_by_role("link").click()
    expect(visitor.log).to_be_visible()
    visitor.start_new_chat()
    expect(row(visitor, name).get_by_role("link")).not_to_contain_text("unread")


def test_a_session_is_forked_from_its_menu(visitor: Visitor) -> None:
    name = unique("origin")
    (session,) = at_home(visitor, name)
    choose(visitor, name, "Fork")
    expect(row(visitor, f"{name} (fork)")).to_be_visible()
    visitor.page.wait_for_url(re.compile(rf"/app/chat/(?!{session})"))
    expect(visitor.log).to_contain_text("say: yes")
    assert [run["content"] for run in visitor.runs(visitor.session)] == ["yes"]
    assert len(visitor.runs(session)) == 1


def test_pointing_at_a_session_reads_it_ahead_once(visitor: Visitor) -> None:
    first, second = unique("first"), unique("second")
    touched, pointed = at_home(visitor, first, second)
    # However slow the machine is, what is read ahead stays fresh.
    visitor.page.clock.set_fixed_time(datetime.now(UTC))
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    row(visitor, first).get_by_role("link").dispatch_event("pointerover", {"pointerType": "touch"})
    with visitor.page.expect_response(re.compile(f"/sessions/{pointed}/runs")):
        row(visitor, second).get_by_role("link").hover()
    visitor.open_session(pointed)
    expect(visitor.log).to_contain_text("yes")
    assert [url for url in asked if touched in url] == [], "a finger that taps fetches nothing ahead"
    assert len([url for url in asked if f"/sessions/{pointed}/runs" in url]) == 1, "the chat takes what was read ahead"


def test_a_session_reached_by_the_keyboard_is_read_ahead(visitor: Visitor) -> None:
    first, second = unique("first"), unique("second")
    session, _ = at_home(visitor, first, second)
    row(visitor, second).get_by_role("link").focus()
    with visitor.page.expect_response(re.compile(f"/sessions/{session}/runs")):
        visitor.page.keyboard.press("ArrowDown")
    expect(row(visitor, first).get_by_role("link")).to_be_focused()


def test_the_tags_of_sessions_that_are_not_shown_are_offered(visitor: Visitor) -> None:
    away, shown, tag = unique("away"), unique("shown"), unique("t")
    hidden, _ = at_home(visitor, away, shown)
    with visitor.product.client() as client:
        client.patch(f"/sessions/{hidden}", json={"archived": True, "tags": [tag]}).raise_for_status()
    visitor.page.reload()
    choose(visitor, shown, "Tags…")
    dialog = visitor.page.get_by_role("dialog", name="Tags")
    expect(dialog.locator(f"datalist option[value='{tag}']")).to_have_count(1)
    dialog.get_by_label("New tag").fill(tag)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    visitor.sidebar.get_by_role("button", name="Filter sessions").click()
    expect(visitor.page.get_by_role("menuitemradio", name=tag)).to_have_text(re.compile(rf"^{tag}\s*2$"))


def test_a_word_is_found_while_it_is_typed_and_shown_without_marks(visitor: Visitor) -> None:
    word, title = unique("needle"), unique("title")
    kept_session(visitor, title, f"say: the **{word}** is [here](https://hay.example)")
    visitor.page.keyboard.press("ControlOrMeta+k")
    palette = visitor.page.get_by_role("dialog")
    palette.get_by_role("combobox").fill(word[:-2])
    found = palette.get_by_role("option").filter(has_text=title)
    expect(found.locator("mark").first).to_have_text(word[:-2])
    expect(found).to_contain_text(f"the {word} is here")
    expect(found).not_to_contain_text("**")
