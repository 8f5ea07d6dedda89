"""axe-core finds nothing serious or critical on any page, in either theme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.web.visitor import PHONE, Visitor, kept_session, unique
from tests.support.product import ROOT, Product

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RICH = (
    "say: # A title\n\nSome **bold** words, [a link](https://example.com/), `code` and $x^2$.\n\n"
    "- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n```python\ndef double(x):\n    return 2 * x  # twice\n```\n"
)
THEMES = ("light", "dark")


@pytest.fixture(params=THEMES)
def guest(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Iterator[Visitor]:
    """Nobody yet, in one of the themes."""
    with Visitor.arrive(browser, product, color_scheme=request.param) as visitor:
        # As an init script it needs no leave of the page's policy.
        visitor.context.add_init_script(path=AXE)
        yield visitor


@pytest.fixture
def member(guest: Visitor) -> Visitor:
    guest.sign_in()
    return guest


def findings(page: Page) -> list[str]:
    """What axe takes to be serious or worse: the rule, and where."""
    # Frames are of their own origin and are searched by themselves.
    options = {"resultTypes": ["violations"], "iframes": False}
    result: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_the_sign_in_page(guest: Visitor) -> None:
    guest.watch.expect("^401 POST /auth/sign-in")
    guest.open("/app/sign-in")
    expect(guest.page.get_by_label("Password", exact=True)).to_be_visible()
    assert findings(guest.page) == []
    guest.fill_in(guest.email, "wrong")
    expect(guest.page.get_by_role("alert")).to_be_visible()
    assert findings(guest.page) == []
    guest.fill_in(guest.email, guest.password)
    expect(guest.composer).to_be_visible()


def test_an_empty_chat(member: Visitor) -> None:
    expect(member.page.get_by_role("list", name="Ways to begin")).to_be_visible()
    assert findings(member.page) == []


def test_a_chat_with_everything_in_it(member: Visitor) -> None:
    member.ask("think: a thought -> and a word", "and a word")
    member.ask("call calculator 1+1", "2")
    member.ask(RICH, "quoted")
    expect(member.answer.locator("pre code span").first).to_be_visible()
    for summary in member.log.locator("summary").all():
        summary.click()
    assert findings(member.page) == []


def test_a_chat_whose_model_failed(member: Visitor) -> None:
    member.send("fault status 400")
    expect(member.log.get_by_role("alert")).to_be_visible()
    assert findings(member.page) == []


def test_the_sessions_page_and_a_detail(member: Visitor) -> None:
    session = kept_session(member, unique("listed"), "call calculator 1+1")
    with member.product.client() as client:
        client.patch(f"/sessions/{session}", json={"tags": ["a tag"], "pinned": True}).raise_for_status()
    member.open("/app/sessions")
    expect(member.page.get_by_role("table").get_by_role("row").nth(1)).to_be_visible()
    assert findings(member.page) == []
    member.open(f"/app/sessions/{session}")
    expect(member.page.get_by_role("main")).to_contain_text("calculator")
    assert findings(member.page) == []


def test_the_palette_and_the_keyboard_sheet(member: Visitor) -> None:
    name = unique("found")
    kept_session(member, name)
    member.page.keyboard.press("ControlOrMeta+k")
    member.page.get_by_role("combobox").fill(name)
    expect(member.page.get_by_role("option").filter(has_text=name)).to_be_visible()
    assert findings(member.page) == []
    member.page.keyboard.press("Escape")
    member.page.keyboard.press("ControlOrMeta+/")
    expect(member.page.get_by_role("dialog")).to_be_visible()
    assert findings(member.page) == []


def test_the_menu_and_the_dialogs_of_a_session(member: Visitor) -> None:
    name = unique("shared")
    kept_session(member, name)
    member.page.reload()
    for entry in (None, "Tags…", "Share…"):
        member.sidebar.get_by_role("link", name=name).hover()
        member.page.get_by_role("button", name=f"Actions for {name}").click()
        expect(member.page.get_by_role("menu")).to_be_visible()
        if entry is not None:
            member.page.get_by_role("menuitem", name=entry).click()
            expect(member.page.get_by_role("dialog")).to_be_visible()
        assert findings(member.page) == []
        member.page.keyboard.press("Escape")


def test_the_settings(member: Visitor) -> None:
    member.open("/app/settings")
    expect(member.page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    assert findings(member.page) == []


def test_a_shared_session(guest: Visitor) -> None:
    session = kept_session(guest, unique("shared"), RICH)
    with guest.product.client() as client:
        share = client.post(f"/sessions/{session}/shares", json={}).raise_for_status().json()["share_id"]
    guest.open(f"/app/share/{share}")
    expect(guest.page.get_by_role("article", name="Answer")).to_be_visible()
    assert findings(guest.page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_drawer_of_a_phone(browser: Browser, product: Product, theme: str) -> None:
    with Visitor.arrive(browser, product, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=theme) as phone:
        phone.context.add_init_script(path=AXE)
        phone.sign_in()
        phone.ask("say: hello", "hello")
        assert findings(phone.page) == []
        phone.page.get_by_role("button", name="Open the navigation").click()
        expect(phone.page.get_by_role("dialog")).to_be_visible()
        assert findings(phone.page) == []
