"""What a person can do with all that is kept of theirs: take it along, end it, see where they are signed in."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.web.visitor import Visitor, kept_session, unique
from tests.support.product import Product


def test_all_sessions_are_exported_into_one_file(visitor: Visitor) -> None:
    names = [unique("taken-"), unique("archived-")]
    sessions = [kept_session(visitor, name) for name in names]
    with visitor.product.client() as client:
        client.patch(f"/sessions/{sessions[1]}", json={"archived": True}).raise_for_status()
    visitor.open("/app/settings")
    with visitor.page.expect_download() as saving:
        visitor.page.get_by_role("button", name="Export all my sessions").click()
    assert saving.value.suggested_filename.endswith(".jsonl")
    lines = Path(saving.value.path()).read_text().splitlines()
    found = {json.loads(line)["session"]["session_name"] for line in lines}
    assert found >= set(names)
    expect(visitor.page.get_by_text(f"{len(lines)} sessions exported.")).to_be_visible()


def test_all_sessions_are_deleted_only_after_the_words_were_typed(visitor: Visitor) -> None:
    names = [unique("gone-") for _ in range(3)]
    sessions = [kept_session(visitor, name) for name in names]
    page = visitor.page
    visitor.open("/app/settings")
    expect(visitor.sidebar.get_by_role("link", name=names[0])).to_be_visible()
    page.get_by_role("button", name="Delete all my sessions").click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Delete all")
    expect(sure).to_be_disabled()
    page.get_by_label("Type “delete all” to confirm").fill("delete all")
    sure.click()
    expect(page.get_by_text("deleted.")).to_be_visible()
    for session in sessions:
        assert not visitor.exists(session)
    expect(visitor.sidebar.get_by_text("No sessions yet")).to_be_visible()


def test_a_sign_in_elsewhere_is_seen_and_ended(visitor: Visitor, browser: Browser, product: Product) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/604.1"
    with Visitor.arrive(browser, product, user_agent=agent) as phone:
        phone.sign_in()
        visitor.open("/app/settings")
        page = visitor.page
        own = page.get_by_role("listitem").filter(has_text="This one")
        expect(own).to_contain_text("Chrome on Linux")
        expect(own.get_by_role("button")).to_have_count(0)
        other = page.get_by_role("listitem").filter(has_text="Safari on iPhone")
        expect(other).to_contain_text("last used just now")
        other.get_by_role("button", name="Sign out Safari on iPhone").click()
        expect(other).to_have_count(0)
        phone.watch.expect("^401 ")
        phone.open("/app/chat")
        expect(phone.page.get_by_label("Password", exact=True)).to_be_visible()
    expect(own).to_be_visible()
