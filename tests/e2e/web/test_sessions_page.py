"""The page of all sessions: searched, filtered, sorted, paged; and one session in detail."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import Visitor, kept_session, unique

MANY = 23
"""One page has 20."""


def names(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("table").get_by_role("rowheader").get_by_role("link")


@pytest.fixture(scope="module")
def word() -> str:
    """In the name of every session of this module."""
    return unique("many")


@pytest.fixture
def page_of_many(visitor: Visitor, word: str) -> Visitor:
    """The sessions page, which shows those of this module."""
    with visitor.product.client() as client:
        if client.get("/sessions", params={"session_name": word}).json()["meta"]["total_count"] == 0:
            for number in range(MANY):
                kept_session(visitor, f"{word} {number:02d}")
    visitor.open("/app/sessions")
    visitor.page.get_by_role("searchbox").fill(word)
    expect(names(visitor)).to_have_count(20)
    expect(visitor.page).to_have_url(re.compile(f"q={word}"))
    return visitor


def test_sessions_come_in_pages(page_of_many: Visitor, word: str) -> None:
    visitor = page_of_many
    expect(visitor.page.get_by_text(re.compile(f"^1.20 of {MANY}$"))).to_be_visible()
    visitor.page.get_by_role("button", name="Next page").click()
    expect(visitor.page.get_by_text(re.compile(f"^21.{MANY} of {MANY}$"))).to_be_visible()
    expect(names(visitor)).to_have_text([f"{word} 02", f"{word} 01", f"{word} 00"])
    visitor.page.reload()
    expect(names(visitor)).to_have_count(3)
    visitor.page.go_back()
    expect(names(visitor)).to_have_count(20)


def test_sessions_are_sorted(page_of_many: Visitor, word: str) -> None:
    visitor = page_of_many
    expect(names(visitor).first).to_have_text(f"{word} {MANY - 1}")
    visitor.page.get_by_label("Order").select_option("Oldest first")
    expect(names(visitor).first).to_have_text(f"{word} 00")
    visitor.page.reload()
    expect(names(visitor).first).to_have_text(f"{word} 00")


def test_sessions_are_filtered_by_tag_and_archive(page_of_many: Visitor, word: str) -> None:
    visitor, tag = page_of_many, unique("t")
    tagged, archived = (kept_session(visitor, f"{word} {unique('x')}") for _ in range(2))
    try:
        with visitor.product.client() as client:
            client.patch(f"/sessions/{tagged}", json={"tags": [tag]}).raise_for_status()
            client.patch(f"/sessions/{archived}", json={"archived": True}).raise_for_status()
        visitor.page.reload()
        visitor.page.get_by_role("button", name=f"Show sessions tagged {tag}").first.click()
        expect(names(visitor)).to_have_count(1)
        visitor.page.get_by_role("button", name="Clear filters").click()
        expect(names(visitor)).not_to_have_count(1)
        visitor.page.get_by_label("Archived").check()
        expect(visitor.page).to_have_url(re.compile("archived=true"))
        visitor.page.get_by_role("searchbox").fill(word)
        expect(names(visitor)).to_have_count(1)
    finally:
        with visitor.product.client() as client:
            for session in (tagged, archived):
                client.delete(f"/sessions/{session}")


def test_a_filter_that_nothing_fits_offers_a_way_back(visitor: Visitor) -> None:
    kept_session(visitor)
    visitor.open("/app/sessions")
    visitor.page.get_by_role("searchbox").fill(unique("nothing"))
    expect(visitor.page.get_by_text("No session fits these filters")).to_be_visible()
    visitor.page.get_by_role("button", name="Clear filters").last.click()
    expect(names(visitor).first).to_be_visible()


def test_the_detail_shows_every_run_with_its_events_and_costs(visitor: Visitor) -> None:
    name = unique("detail")
    session = kept_session(visitor, name, "call calculator 17*6+5")
    visitor.open("/app/sessions")
    visitor.page.get_by_role("table").get_by_role("link", name=name).click()
    visitor.page.wait_for_url(f"**/app/sessions/{session}")
    expect(visitor.page.get_by_role("heading", name=name)).to_be_visible()
    main = visitor.page.get_by_role("main")
    expect(main.get_by_text("call calculator 17*6+5").first).to_be_visible()
    expect(main).to_contain_text(re.compile("tokens", re.IGNORECASE))
    expect(main).to_contain_text(re.compile("database", re.IGNORECASE))
    main.get_by_role("tab", name="Tool calls").click()
    expect(main.get_by_role("tabpanel")).to_contain_text("107")
    main.get_by_role("tab", name="Events").click()
    expect(main.get_by_role("tabpanel")).to_contain_text("ToolCallCompleted")


def test_running_sessions_are_listed_by_themselves_while_they_run(visitor: Visitor, stub: StubModel) -> None:
    name, idle = unique("busy"), unique("idle")
    kept_session(visitor, idle)
    session = kept_session(visitor, name)
    stub.script.first_delay = 3.0
    with visitor.product.client() as client:
        form = {"message": "say: slowly", "session_id": session, "stream": "false", "background": "true"}
        client.post("/agents/assistant/runs", data=form).raise_for_status()
    visitor.open("/app/sessions")
    expect(names(visitor).filter(has_text=idle)).to_be_visible()
    visitor.page.get_by_label("Running").check()
    expect(visitor.page).to_have_url(re.compile("running=true"))
    expect(names(visitor).filter(has_text=name)).to_be_visible()
    expect(names(visitor).filter(has_text=idle)).to_have_count(0)
    expect(visitor.page.get_by_text(re.compile("^1.1 of 1$"))).to_be_visible()
    expect(visitor.page.get_by_text("No session fits these filters")).to_be_visible()


def test_sessions_are_filtered_by_a_tag_of_a_session_that_is_not_shown(visitor: Visitor) -> None:
    name, tag = unique("old"), unique("t")
    session = kept_session(visitor, name)
    with visitor.product.client() as client:
        client.patch(f"/sessions/{session}", json={"tags": [tag]}).raise_for_status()
    kept_session(visitor, unique("new"))
    visitor.open(f"/app/sessions?q={unique('nothing')}")
    expect(visitor.page.get_by_text("No session fits these filters")).to_be_visible()
    visitor.page.get_by_label("Tag", exact=True).select_option(f"{tag} (1)")
    visitor.page.get_by_role("searchbox").fill("")
    expect(names(visitor)).to_have_text([name])


def test_a_session_is_forked_from_the_list(visitor: Visitor) -> None:
    name = unique("origin")
    session = kept_session(visitor, name)
    visitor.open("/app/sessions")
    visitor.page.get_by_role("main").get_by_role("button", name=f"Actions for {name}").first.click()
    visitor.page.get_by_role("menuitem", name="Fork", exact=True).click()
    visitor.page.wait_for_url(re.compile(rf"/app/chat/(?!{session})"))
    expect(visitor.log).to_contain_text("yes")
    assert visitor.stored(visitor.session)["session_name"] == f"{name} (fork)"
