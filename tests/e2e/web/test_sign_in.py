"""Coming in, staying in, going out."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.web.visitor import Visitor, kept_session, unique
from tests.support.product import Product


def test_a_first_visit_leads_to_a_first_answer(stranger: Visitor) -> None:
    stranger.open("/")
    stranger.page.wait_for_url("**/app/sign-in*")
    expect(stranger.page.get_by_role("heading", level=1)).to_be_visible()
    stranger.fill_in(stranger.email, stranger.password)
    expect(stranger.composer).to_be_focused()
    expect(stranger.page.get_by_role("button", name="What can you do?")).to_be_visible()
    stranger.ask("say: Hello, world", "Hello, world")
    expect(stranger.sidebar.get_by_role("link", name="say: Hello, world")).to_be_visible()


def test_a_wrong_password_is_told_and_what_was_typed_stays(stranger: Visitor) -> None:
    stranger.watch.expect("^401 POST /auth/sign-in")
    stranger.open("/app/sign-in")
    stranger.fill_in(stranger.email, "not the password")
    expect(stranger.page.get_by_role("alert")).to_contain_text("the e-mail address or the password is wrong")
    expect(stranger.page.get_by_label("Email")).to_have_value(stranger.email)
    stranger.page.get_by_label("Password", exact=True).fill(stranger.password)
    stranger.page.keyboard.press("Enter")
    expect(stranger.composer).to_be_visible()


def test_too_many_wrong_passwords_count_down(stranger: Visitor) -> None:
    stranger.watch.expect("^401 POST /auth/sign-in", "^429 POST /auth/sign-in")
    stranger.open("/app/sign-in")
    nobody = f"{unique('nobody')}@example.com"
    for _ in range(12):
        with stranger.page.expect_response(re.compile("/auth/sign-in$")) as answer:
            stranger.fill_in(nobody, "not the password")
        if answer.value.status == 429:
            break
    expect(stranger.page.get_by_text(re.compile(r"\d+ s\b"))).to_be_visible()


def test_a_protected_page_is_reached_after_the_sign_in_it_asked_for(stranger: Visitor) -> None:
    session = kept_session(stranger, unique("kept"), "say: the answer that was wanted")
    stranger.open(f"/app/chat/{session}")
    stranger.page.wait_for_url("**/app/sign-in*")
    stranger.fill_in(stranger.email, stranger.password)
    stranger.page.wait_for_url(f"**/app/chat/{session}")
    expect(stranger.log).to_contain_text("the answer that was wanted")


def test_an_address_elsewhere_is_not_followed_after_the_sign_in(stranger: Visitor) -> None:
    for elsewhere in ("https://example.com/", "//example.com/", "javascript:alert(1)"):
        stranger.open(f"/app/sign-in?redirect={elsewhere}&to={elsewhere}&next={elsewhere}")
        stranger.fill_in(stranger.email, stranger.password)
        expect(stranger.composer).to_be_visible()
        stranger.sign_out()


def test_nothing_of_a_sign_in_can_be_read_by_scripts(visitor: Visitor) -> None:
    kept = visitor.page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert "eyJ" not in kept, "a token lies in the browser's storage"
    assert visitor.password not in kept
    cookies = [cookie for cookie in visitor.context.cookies() if "refresh" in cookie.get("name", "")]
    assert [(cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) for cookie in cookies] == [(True, "Strict", "/auth")]


def test_an_expired_token_is_renewed_unseen(visitor: Visitor) -> None:
    spoiled = visitor.spoil_next_token("**/agents/*/runs")
    visitor.ask("say: as if nothing had happened", "as if nothing had happened")
    assert spoiled
    assert visitor.watch.asked.count("POST /auth/refresh") >= 1
    expect(visitor.page.get_by_role("alert")).to_have_count(0)


def test_a_sign_out_ends_it_for_all_tabs(visitor: Visitor) -> None:
    second = visitor.new_tab()
    second.goto("/app/chat")
    expect(second.get_by_role("textbox", name="Message")).to_be_visible()
    visitor.sign_out()
    second.wait_for_url("**/app/sign-in*")
    expect(second.get_by_text("You signed out in another tab.")).to_be_visible()
    visitor.open("/app/chat")
    at_the_door(visitor.page)


def test_a_sign_out_everywhere_ends_it_elsewhere(visitor: Visitor, browser: Browser, product: Product) -> None:
    with Visitor.arrive(browser, product) as elsewhere:
        elsewhere.sign_in()
        visitor.open("/app/settings")
        visitor.page.get_by_role("button", name="Sign out everywhere").click()
        visitor.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
        at_the_door(visitor.page)
        elsewhere.watch.expect("^401 ")
        elsewhere.page.reload()
        at_the_door(elsewhere.page)


def at_the_door(page: Page) -> None:
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
