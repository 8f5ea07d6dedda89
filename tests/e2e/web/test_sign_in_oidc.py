"""Sign-in at an OpenID Connect provider whose token endpoint is on another host, as its users see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import Visitor, unique
from tests.support.oidc_provider import CLIENT, Account, Provider, oidc_provider
from tests.support.product import Product, environment_for

PASSWORD = "the organisation's"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def identity(running: Provider) -> dict[str, str]:
    return {
        "REGGIE_IDENTITY": "oidc",
        "REGGIE_OIDC_ISSUER": running.url,
        "REGGIE_OIDC_CLIENT_ID": CLIENT,
        "REGGIE_IDENTITY_ORIGINS": running.token_url,
    }


@pytest.fixture
def provider(running: Provider, product: Product) -> Provider:
    """As it is when nothing is wrong with it, and nobody is signed in there."""
    running.app = str(product.development["url"])
    running.lifetime, running.nonce, running.gives_refresh_tokens, running.ends_sign_ins = 600, None, True, True
    running.down.clear()
    running.asked.clear()
    running.forget_everybody()
    return running


@dataclass
class Colleague:
    """Somebody with an account at the provider, before a browser of theirs."""

    visitor: Visitor
    provider: Provider
    account: Account

    @property
    def page(self) -> Page:
        return self.visitor.page

    def go_on(self) -> None:
        self.page.get_by_role("button", name="Continue with").click()

    def leave_for_the_provider(self, path: str = "/app/") -> None:
        self.visitor.open(path)
        self.go_on()

    def log_in(self, account: Account | None = None, secret: str = "") -> None:
        """On the provider's own page."""
        expect(self.page.get_by_role("heading", name="The organisation's sign-in")).to_be_visible()
        self.page.get_by_label("User").fill((account or self.account).email)
        self.page.get_by_label("Secret").fill(secret or (account or self.account).password)
        self.page.get_by_role("button", name="Log in").click()

    def sign_in(self) -> None:
        self.leave_for_the_provider()
        self.log_in()
        expect(self.visitor.composer).to_be_visible()

    def told(self, sentence: str) -> None:
        """The sign-in page says this, and the way on is there."""
        expect(self.page.get_by_role("alert")).to_contain_text(sentence)
        at_the_door(self.page)


@pytest.fixture
def colleague(stranger: Visitor, provider: Provider, product: Product) -> Colleague:
    """A member of the sample workspace who has not signed in yet."""
    return arrived(stranger, provider, product)


def arrived(visitor: Visitor, provider: Provider, product: Product, email: str = "") -> Colleague:
    visitor.watch.expect(f"^other host: (GET|POST) ({provider.url}|{provider.token_url})/")
    if email:
        return Colleague(visitor, provider, provider.accounts[email])
    email = f"{unique('colleague')}@example.com"
    product.new_member(email)
    return Colleague(visitor, provider, provider.add(email, PASSWORD))


def at_the_door(page: Page) -> None:
    expect(page.get_by_role("button", name="Continue with")).to_be_enabled()


def test_who_signs_in_there_is_in_here(colleague: Colleague) -> None:
    colleague.sign_in()
    (asked,) = colleague.provider.requests("GET /authorize")
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid email profile")
    assert min(len(asked[each]) for each in ("state", "nonce", "code_challenge")) >= 32
    assert re.search("code=|state=", colleague.page.url) is None, "the code stays in the address"
    colleague.visitor.ask("say: Hello, colleague", "Hello, colleague")
    colleague.visitor.open("/app/settings")
    expect(colleague.page.get_by_role("main").get_by_text(colleague.account.email)).to_be_visible()


def test_the_page_that_was_wanted_is_reached(colleague: Colleague) -> None:
    colleague.leave_for_the_provider("/app/sessions?archived=true")
    colleague.log_in()
    colleague.page.wait_for_url("**/app/sessions?archived=true")
    expect(colleague.page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


def test_no_token_lies_in_the_browsers_storage(colleague: Colleague) -> None:
    colleague.sign_in()
    kept = colleague.page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert "eyJ" not in kept
    assert not any(token in kept for token in colleague.provider._refresh)
    assert [cookie for cookie in colleague.visitor.context.cookies() if "reggie" in cookie.get("name", "")] == []


def test_a_reload_and_a_new_tab_ask_the_provider_unseen(colleague: Colleague) -> None:
    colleague.sign_in()
    session = kept_by(colleague)
    colleague.page.reload()
    colleague.page.wait_for_url(f"**/app/chat/{session}")
    expect(colleague.visitor.log).to_contain_text("kept")
    assert colleague.provider.requests("GET /authorize")[-1]["prompt"] == "none"
    tab = colleague.visitor.new_tab()
    tab.goto("/app/sessions")
    expect(tab.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
    assert colleague.provider.asked.count("POST /login") == 1


def test_a_reload_after_the_providers_own_sign_in_ended_leads_to_the_door(colleague: Colleague) -> None:
    colleague.sign_in()
    colleague.provider.forget_everybody()
    colleague.visitor.open("/app/sessions")
    at_the_door(colleague.page)
    expect(colleague.page.get_by_role("alert")).to_have_count(0)
    colleague.go_on()
    colleague.log_in()
    colleague.page.wait_for_url("**/app/sessions")


def test_a_token_is_renewed_before_it_ends(colleague: Colleague) -> None:
    colleague.provider.lifetime = 4
    colleague.sign_in()
    colleague.visitor.eventually(lambda: colleague.provider.asked.count("POST /token") >= 3)
    colleague.visitor.ask("say: still here", "still here")
    assert colleague.provider.asked.count("GET /.well-known/openid-configuration") <= 4
    assert [each["prompt"] for each in colleague.provider.requests("GET /authorize") if "prompt" in each] == []


def test_a_token_that_is_refused_is_renewed_unseen(colleague: Colleague) -> None:
    colleague.sign_in()
    colleague.visitor.watch.expect("^401 ")
    spoiled: list[str] = []

    def spoil(route: Route) -> None:
        if spoiled:
            route.continue_()
        else:
            spoiled.append(route.request.url)
            route.continue_(headers={**route.request.headers, "authorization": "Bearer expired"})

    colleague.visitor.context.route("**/agents/*/runs", spoil)
    colleague.visitor.ask("say: as if nothing had happened", "as if nothing had happened")
    assert spoiled
    assert colleague.provider.asked.count("POST /token") == 2


def test_without_refresh_tokens_the_providers_sign_in_renews(colleague: Colleague) -> None:
    colleague.provider.gives_refresh_tokens = False
    colleague.provider.lifetime = 8
    colleague.sign_in()
    session = kept_by(colleague)
    colleague.visitor.eventually(lambda: colleague.provider.asked.count("POST /token") >= 2)
    colleague.provider.lifetime = 600
    colleague.page.wait_for_url(f"**/app/chat/{session}")
    expect(colleague.visitor.log).to_contain_text("kept")
    assert colleague.provider.asked.count("POST /login") == 1


def test_a_refresh_token_that_was_revoked_ends_the_sign_in(colleague: Colleague) -> None:
    colleague.visitor.watch.expect("^400 POST /token")
    colleague.provider.lifetime = 6
    colleague.sign_in()
    colleague.provider.forget_everybody()
    colleague.page.wait_for_url("**/app/sign-in*")
    at_the_door(colleague.page)


def test_a_sign_out_ends_it_here_at_the_provider_and_in_all_tabs(colleague: Colleague) -> None:
    colleague.sign_in()
    tab = colleague.visitor.new_tab()
    tab.goto("/app/chat")
    expect(tab.get_by_role("textbox", name="Message")).to_be_visible()
    sign_out(colleague)
    assert len(colleague.provider.requests("GET /end")) == 1
    at_the_door(tab)
    colleague.visitor.open("/app/chat")
    at_the_door(colleague.page)
    colleague.go_on()
    expect(colleague.page.get_by_role("heading", name="The organisation's sign-in")).to_be_visible()


@pytest.mark.parametrize("provider_is", ["without a page for it", "down"])
def test_after_a_sign_out_that_the_provider_did_not_hear_of_the_next_one_asks_for_the_password(
    colleague: Colleague, provider_is: str
) -> None:
    colleague.sign_in()
    if provider_is == "down":
        colleague.provider.down = {"/.well-known/openid-configuration"}
    colleague.provider.ends_sign_ins = False
    sign_out(colleague)
    colleague.provider.down.clear()
    colleague.go_on()
    colleague.log_in()
    expect(colleague.visitor.composer).to_be_visible()


def test_a_sign_out_everywhere_ends_it_elsewhere_and_lets_in_again(
    colleague: Colleague, browser: Browser, product: Product, provider: Provider
) -> None:
    colleague.sign_in()
    with Visitor.arrive(browser, product) as other:
        there = arrived(other, provider, product, colleague.account.email)
        there.sign_in()
        other.watch.expect("^401 ")
        colleague.visitor.open("/app/settings")
        colleague.page.get_by_role("button", name="Sign out everywhere").click()
        colleague.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
        at_the_door(colleague.page)
        # The provider still knows the browser: what it says of it is older than the sign-out.
        other.open("/app/chat")
        there.told("this sign-in has ended; sign in again")
        other.page.wait_for_timeout(1100)  # Proofs are told in whole seconds.
        there.go_on()
        there.log_in()
        expect(other.composer).to_be_visible()


def test_a_wrong_password_is_the_providers_to_tell(colleague: Colleague) -> None:
    colleague.visitor.watch.expect("^401 POST /login")
    colleague.leave_for_the_provider()
    colleague.log_in(secret="not it")
    expect(colleague.page.get_by_role("alert")).to_contain_text("Wrong e-mail address or password.")
    colleague.log_in()
    expect(colleague.visitor.composer).to_be_visible()


def test_who_calls_it_off_is_told_and_may_try_again(colleague: Colleague) -> None:
    colleague.leave_for_the_provider("/app/sessions")
    colleague.page.get_by_role("button", name="Cancel").click()
    colleague.told("Signing in was called off")
    colleague.go_on()
    colleague.log_in()
    colleague.page.wait_for_url("**/app/sessions")


def test_the_browsers_back_button_leads_to_a_door_that_works(colleague: Colleague) -> None:
    colleague.leave_for_the_provider()
    expect(colleague.page.get_by_role("heading", name="The organisation's sign-in")).to_be_visible()
    colleague.page.go_back()
    at_the_door(colleague.page)


def test_an_answer_that_nobody_here_asked_for_is_not_used(colleague: Colleague) -> None:
    """Somebody else's code in a link: who follows it would be signed in as them."""
    colleague.visitor.open("/app/sign-in?code=somebody-elses&state=forged")
    colleague.told("begun elsewhere or too long ago")
    assert "POST /token" not in colleague.provider.asked
    assert "forged" not in colleague.page.url
    colleague.go_on()
    colleague.log_in()
    expect(colleague.visitor.composer).to_be_visible()


def test_a_token_that_was_made_for_another_sign_in_is_not_used(colleague: Colleague) -> None:
    colleague.provider.nonce = "of-another-sign-in"
    colleague.leave_for_the_provider()
    colleague.log_in()
    colleague.told("did not answer as it should")
    assert "GET /me" not in colleague.visitor.watch.asked
    colleague.provider.nonce = None
    colleague.go_on()
    expect(colleague.visitor.composer).to_be_visible()


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
def test_a_provider_that_is_down_is_told_and_tried_again(colleague: Colleague, path: str) -> None:
    colleague.provider.down = {path}
    colleague.leave_for_the_provider()
    if path == "/token":
        colleague.log_in()
    colleague.told("could not be reached")
    colleague.provider.down.clear()
    colleague.go_on()
    if path != "/token":
        colleague.log_in()
    expect(colleague.visitor.composer).to_be_visible()


def test_a_reload_while_the_provider_is_down_can_be_tried_again(colleague: Colleague) -> None:
    colleague.sign_in()
    colleague.provider.down = {"/.well-known/openid-configuration"}
    colleague.page.reload()
    expect(colleague.page.get_by_role("alert")).to_contain_text("could not be reached")
    colleague.provider.down.clear()
    colleague.page.get_by_role("button", name="Retry").click()
    expect(colleague.visitor.composer).to_be_visible()


@pytest.mark.parametrize("known", ["with an address that nobody here has", "with an address that is not verified"])
def test_somebody_who_is_not_a_member_is_told_what_to_do_and_may_come_as_another(colleague: Colleague, known: str) -> None:
    colleague.visitor.watch.expect("^403 GET /me")
    if known == "with an address that is not verified":
        taken = f"{unique('taken')}@example.com"
        colleague.visitor.product.new_member(taken)
        outsider = colleague.provider.add(taken, PASSWORD, verified=False)
    else:
        outsider = colleague.provider.add(f"{unique('outsider')}@example.com", PASSWORD)
    colleague.leave_for_the_provider()
    colleague.log_in(outsider)
    colleague.told("no account here has your verified e-mail address; ask an owner of a workspace to add you")
    colleague.go_on()
    colleague.log_in()
    expect(colleague.visitor.composer).to_be_visible()


def kept_by(colleague: Colleague) -> str:
    """A session of theirs, open before them."""
    return colleague.visitor.ask("say: kept", "kept")


def sign_out(colleague: Colleague) -> None:
    colleague.visitor.sidebar.get_by_role("button", name=re.compile("^Account")).click()
    colleague.page.get_by_role("menuitem", name="Sign out", exact=True).click()
    at_the_door(colleague.page)


def test_a_host_that_no_setting_names_is_blocked_by_the_pages_policy(
    browser: Browser, stub: StubModel, identity: dict[str, str], running: Provider, tmp_path: Path
) -> None:
    strict = {**environment_for(stub), **identity, "REGGIE_IDENTITY_ORIGINS": ""}
    product = Product.start(tmp_path, env=strict)
    running.asked.clear()
    try:
        running.app = str(product.development["url"])
        with Visitor.arrive(browser, product) as visitor:
            colleague = arrived(visitor, running, product)
            visitor.watch.expect(f"^console: .*{running.token_url}/token.* violates the .*Content Security Policy")
            colleague.leave_for_the_provider()
            colleague.log_in()
            colleague.told("could not be reached")
            assert any(f"\"connect-src 'self' {running.url}\"" in each for each in visitor.watch.complaints)
            assert "POST /token" not in running.asked
    finally:
        product.stop()
