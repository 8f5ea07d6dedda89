"""Sign-in with Firebase's password accounts, against a stand-in of its REST APIs, as its users see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.web.visitor import Visitor, unique
from tests.support.firebase import API_KEY, PROJECT, Firebase, firebase_stand_in
from tests.support.product import Product

SIGN_IN = "POST /identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"
REFRESH = "POST /securetoken.googleapis.com/v1/token"
NOT_TOGETHER = "That e-mail address and password do not go together."


@pytest.fixture(scope="module")
def running() -> Iterator[Firebase]:
    with firebase_stand_in() as firebase:
        yield firebase


@pytest.fixture(scope="module")
def identity(running: Firebase) -> dict[str, str]:
    return {
        "REGGIE_IDENTITY": "firebase",
        "REGGIE_FIREBASE_API_KEY": API_KEY,
        "REGGIE_FIREBASE_URL": running.url,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
    }


@pytest.fixture
def firebase(running: Firebase) -> Firebase:
    """As it is when nothing is wrong with it."""
    running.lifetime, running.down, running.word = 3600, False, ""
    running.asked.clear()
    return running


@pytest.fixture
def colleague(stranger: Visitor, firebase: Firebase, product: Product) -> Visitor:
    """A member of the sample workspace who has not signed in yet."""
    email = f"{unique('colleague')}@example.com"
    product.new_member(email)
    return as_account(stranger, firebase, firebase.add(email, unique("password")).email)


def as_account(visitor: Visitor, firebase: Firebase, email: str) -> Visitor:
    visitor.email, visitor.password = email, firebase.accounts[email].password
    visitor.watch.expect(f"^other host: POST {firebase.url}/(identitytoolkit|securetoken).googleapis.com/")
    return visitor


def at_the_door(page: Page) -> None:
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_who_signs_in_there_is_in_here(colleague: Visitor, firebase: Firebase) -> None:
    colleague.sign_in_at_the_page()
    assert firebase.asked == [SIGN_IN]
    colleague.ask("say: Hello, colleague", "Hello, colleague")
    kept = colleague.page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert "eyJ" not in kept
    assert not any(token in kept for token in firebase._refresh)


def test_a_reload_asks_for_the_password_and_leads_back(colleague: Visitor) -> None:
    """Tokens are in memory only, and Firebase's password accounts have no page that still knows the person."""
    colleague.sign_in_at_the_page()
    session = colleague.ask("say: kept", "kept")
    colleague.page.reload()
    at_the_door(colleague.page)
    colleague.fill_in(colleague.email, colleague.password)
    colleague.page.wait_for_url(f"**/app/chat/{session}")
    expect(colleague.log).to_contain_text("kept")


def test_a_token_is_renewed_before_it_ends(colleague: Visitor, firebase: Firebase) -> None:
    firebase.lifetime = 4
    colleague.sign_in_at_the_page()
    colleague.eventually(lambda: firebase.asked.count(REFRESH) >= 2)
    colleague.ask("say: still here", "still here")


def test_a_token_that_is_refused_is_renewed_unseen(colleague: Visitor, firebase: Firebase) -> None:
    colleague.sign_in_at_the_page()
    spoiled = colleague.spoil_next_token("**/agents/*/runs")
    colleague.ask("say: as if nothing had happened", "as if nothing had happened")
    assert spoiled
    assert firebase.asked == [SIGN_IN, REFRESH]


def test_an_account_that_is_disabled_ends_at_its_next_renewal(colleague: Visitor, firebase: Firebase) -> None:
    colleague.watch.expect("^400 POST /securetoken")
    firebase.lifetime = 6
    colleague.sign_in_at_the_page()
    firebase.accounts[colleague.email].disabled = True
    colleague.page.wait_for_url("**/app/sign-in*")
    at_the_door(colleague.page)
    colleague.watch.expect("^400 POST /identitytoolkit")
    colleague.fill_in(colleague.email, colleague.password)
    expect(colleague.page.get_by_role("alert")).to_have_text(NOT_TOGETHER)


def test_a_sign_out_ends_it_for_all_tabs(colleague: Visitor) -> None:
    colleague.sign_in_at_the_page()
    colleague.sign_out()
    colleague.open("/app/chat")
    at_the_door(colleague.page)


def test_a_sign_out_everywhere_ends_it_elsewhere_and_lets_in_again(
    colleague: Visitor, browser: Browser, product: Product, firebase: Firebase
) -> None:
    firebase.lifetime = 20
    colleague.sign_in_at_the_page()
    with Visitor.arrive(browser, product) as other:
        as_account(other, firebase, colleague.email).sign_in_at_the_page()
        other.watch.expect("^401 ")
        # By the menu: a page that is loaded anew is signed out.
        colleague.sidebar.get_by_role("button", name=re.compile("^Account")).click()
        colleague.page.get_by_role("menuitem", name="Sign out everywhere").click()
        colleague.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
        at_the_door(colleague.page)
        at_the_door(other.page)
        other.page.wait_for_timeout(1100)  # Proofs are told in whole seconds.
        other.fill_in(other.email, other.password)
        expect(other.composer).to_be_visible()


@pytest.mark.parametrize("wrong", ["password", "address"])
def test_a_wrong_password_and_an_unknown_address_are_told_in_the_same_words(colleague: Visitor, wrong: str) -> None:
    colleague.watch.expect("^400 POST /identitytoolkit")
    colleague.open("/app/sign-in")
    colleague.fill_in(f"{unique('nobody')}@example.com" if wrong == "address" else colleague.email, "not the password")
    expect(colleague.page.get_by_role("alert")).to_have_text(NOT_TOGETHER)
    colleague.fill_in(colleague.email, colleague.password)
    expect(colleague.composer).to_be_visible()


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account has been temporarily disabled", "Too many attempts. Wait a minute."),
        ("OPERATION_NOT_ALLOWED", "The sign-in service refused. Ask whoever runs Reggie."),
    ],
)
def test_other_refusals_are_told_in_words_of_ours(colleague: Visitor, firebase: Firebase, word: str, sentence: str) -> None:
    colleague.watch.expect("^400 POST /identitytoolkit")
    firebase.word = word
    colleague.open("/app/sign-in")
    colleague.fill_in(colleague.email, colleague.password)
    expect(colleague.page.get_by_role("alert")).to_have_text(sentence)
    if "MANY" in word:
        expect(colleague.page.get_by_role("button", name=re.compile(r"Try again in \d+ s"))).to_be_disabled()
        return
    firebase.word = ""
    colleague.page.get_by_role("button", name="Sign in").click()
    expect(colleague.composer).to_be_visible()


def test_a_second_factor_is_told_as_not_supported(colleague: Visitor, firebase: Firebase) -> None:
    firebase.accounts[colleague.email].second_factor = True
    colleague.open("/app/sign-in")
    colleague.fill_in(colleague.email, colleague.password)
    expect(colleague.page.get_by_role("alert")).to_contain_text("second factor")


def test_servers_that_are_down_are_told_and_tried_again(colleague: Visitor, firebase: Firebase) -> None:
    firebase.down = True
    colleague.open("/app/sign-in")
    colleague.fill_in(colleague.email, colleague.password)
    expect(colleague.page.get_by_role("alert")).to_contain_text("The sign-in service could not be reached")
    expect(colleague.page.get_by_label("Email")).to_have_value(colleague.email)
    firebase.down = False
    colleague.page.get_by_role("button", name="Sign in").click()
    expect(colleague.composer).to_be_visible()


def test_somebody_who_is_not_a_member_is_told_what_to_do(colleague: Visitor, firebase: Firebase) -> None:
    colleague.watch.expect("^403 GET /me")
    outsider = firebase.add(f"{unique('outsider')}@example.com", "secret")
    colleague.open("/app/sign-in")
    colleague.fill_in(outsider.email, outsider.password)
    expect(colleague.page.get_by_role("alert")).to_contain_text("ask an owner of a workspace to add you")
    colleague.fill_in(colleague.email, colleague.password)
    expect(colleague.composer).to_be_visible()
