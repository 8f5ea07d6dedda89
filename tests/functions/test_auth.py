"""Signing in over HTTP, as a browser does it, and what pages of other sites can do about it: nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.identity.refresh import GRACE
from shared.kit.documents import Patch
from shared.web.routes import Route, table
from shared.wiring import services
from shared.workspaces.scopes import INTERNAL, PUBLIC
from shared.workspaces.store import PLATFORM_ROOT
from tests.functions.test_headers import ALLOWED, FOREIGN, assert_secure
from tests.support.inprocess import InProcess
from tests.support.people import Browser, person, set_cookies
from tests.support.tokens import Maker, loopback_issuer, new_key

GUARDED_ROUTES = [route for route in table() if route.scope not in (PUBLIC, INTERNAL)]
STRANGERS = (
    *(origin for origin in FOREIGN if origin != "http://localhost"),
    None,
    "http://localhost:80",
    "https://localhost",
    "http://LOCALHOST",
)
COOKIE = "reggie_refresh"


@pytest.fixture
def browser(product: InProcess) -> Browser:
    """Signed in. Without a password, whose check takes 0.3 s."""
    started = services.sign_in._tokens.start(product.development.user)
    return Browser(product, cookies={COOKIE: started.token.text})


def families() -> dict[str, object]:
    """What the store knows of refresh tokens."""
    return {each.path: each.fields for each in services.document_store.open(PLATFORM_ROOT).query("refresh_families", limit=1000)}


def test_a_page_learns_how_to_sign_in(product: InProcess) -> None:
    answer = product.call("GET", "/auth/config", signed=False)
    assert answer.get_json() == {"identity": "builtin"}


def test_signing_in_gives_a_token_and_a_cookie_that_scripts_cannot_read(product: InProcess) -> None:
    made = product.development
    answer = Browser(product).sign_in()
    assert answer.status_code == 200
    signed = answer.get_json()
    assert {**signed, "access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 600,
        "user": {"id": made.user, "email": made.email, "name": "Owner"},
        "workspaces": [{"id": made.workspace, "name": "Sample workspace"}],
    }
    cookie = set_cookies(answer)[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Strict", "/auth", "")
    assert cookie["max-age"] == str(30 * 24 * 3600)
    assert answer.headers["Cache-Control"] == "no-store"
    assert cookie.value not in answer.get_data(as_text=True)
    me = product.call("GET", "/me", signed=False, headers={"Authorization": f"Bearer {signed['access_token']}"}).get_json()
    assert me["user"] == signed["user"]
    assert me["workspaces"] == signed["workspaces"]
    assert me["workspace"] == made.workspace
    assert "sessions:read" in me["scopes"]


@pytest.mark.parametrize("header", [{"X-Forwarded-Proto": "https"}, {}], ids=["behind a load balancer", "by itself"])
def test_over_https_the_cookie_is_for_https_only(product: InProcess, header: dict[str, str]) -> None:
    browser = Browser(product, origin="https://localhost")
    more: dict[str, Any] = {"headers": header, "base_url": "http://localhost" if header else "https://localhost"}
    answer = browser.sign_in(**more)
    (name, cookie), *others = set_cookies(answer).items()
    assert (name, cookie["secure"], others) == (f"__Secure-{COOKIE}", True, [])
    assert browser.post("/auth/refresh", **more).status_code == 200


def test_a_refresh_rotates_the_cookie(browser: Browser) -> None:
    before = browser.cookies[COOKIE]
    answer = browser.post("/auth/refresh")
    assert answer.status_code == 200
    assert answer.get_json()["token_type"] == "Bearer"
    assert browser.cookies[COOKIE] != before
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_stolen_cookie_ends_the_sign_in(browser: Browser, product: InProcess) -> None:
    thief = Browser(product, cookies=dict(browser.cookies))
    browser.post("/auth/refresh")
    family = f"refresh_families/{thief.cookies[COOKIE].partition('.')[0]}"
    platform = services.document_store.open(PLATFORM_ROOT)
    (snapshot,) = platform.get(family)
    assert snapshot is not None
    earlier = [{**each, "at": each["at"] - timedelta(seconds=GRACE + 1)} for each in snapshot.fields["retired"]]
    platform.commit(Patch(family, {"retired": earlier}))
    assert thief.post("/auth/refresh").status_code == 401
    assert browser.post("/auth/refresh").status_code == 401


def test_tabs_that_race_get_on(browser: Browser, product: InProcess) -> None:
    tab = Browser(product, cookies=dict(browser.cookies))
    assert [each.post("/auth/refresh").status_code for each in (browser, tab, browser, tab)] == [200, 200, 200, 200]


def test_signing_out_removes_the_cookie_and_what_it_was_good_for(browser: Browser, product: InProcess) -> None:
    copy = Browser(product, cookies=dict(browser.cookies))
    answer = browser.post("/auth/sign-out")
    assert (answer.status_code, answer.data) == (204, b"")
    assert browser.cookies == {}
    assert copy.post("/auth/refresh").status_code == 401
    assert browser.post("/auth/sign-out").status_code == 204, "to be signed out is all that was asked"


def test_signing_out_everywhere_ends_every_sign_in(product: InProcess) -> None:
    browsers = [Browser(product) for _ in range(2)]
    tokens = [each.sign_in().get_json()["access_token"] for each in browsers]
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    assert [product.call("GET", "/me", headers=each).status_code for each in headers] == [200, 200]
    assert product.call("POST", "/auth/sign-out-everywhere", headers=headers[0]).status_code == 204
    assert [product.call("GET", "/me", headers=each).status_code for each in headers] == [401, 401]
    assert [each.post("/auth/refresh").status_code for each in browsers] == [401, 401]
    assert product.call("GET", "/me").status_code == 200, "a key is no sign-in"


def test_a_person_sees_their_sign_ins_and_ends_one_of_them(product: InProcess) -> None:
    here, there = Browser(product), Browser(product)
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
    tokens = [each.sign_in(headers={"User-Agent": firefox}).get_json()["access_token"] for each in (here, there)]
    ours, theirs = ({"Authorization": f"Bearer {token}"} for token in tokens)
    listed = here.ask("GET", "/auth/sign-ins", headers=ours).get_json()["data"]
    ids = [browser.cookies[COOKIE].partition(".")[0] for browser in (there, here)]
    found = [(each["id"], each["current"], each["device"]) for each in listed if each["id"] in ids]
    assert found == [(ids[0], False, "Firefox on Windows"), (ids[1], True, "Firefox on Windows")]
    assert all(each["began_at"] <= each["last_used_at"] for each in listed)

    assert product.call("DELETE", f"/auth/sign-ins/{ids[0]}", headers=ours).status_code == 204
    assert there.post("/auth/refresh").status_code == 401
    assert product.call("GET", "/me", headers=theirs).status_code == 401, "its access token has ended, too"
    assert product.call("DELETE", f"/auth/sign-ins/{ids[0]}", headers=ours).status_code == 404
    assert ids[0] not in [each["id"] for each in product.call("GET", "/auth/sign-ins", headers=ours).get_json()["data"]]
    assert here.post("/auth/refresh").status_code == 200


def test_nobody_sees_or_ends_the_sign_ins_of_others(browser: Browser, product: InProcess) -> None:
    other = person(product)
    family = browser.cookies[COOKIE].partition(".")[0]
    assert browser.ask("GET", "/auth/sign-ins", headers=other.headers).get_json() == {"data": []}
    assert browser.ask("DELETE", f"/auth/sign-ins/{family}", headers=other.headers).status_code == 404
    assert browser.post("/auth/refresh").status_code == 200


def test_signing_in_anew_ends_what_the_old_cookie_was_good_for(browser: Browser, product: InProcess) -> None:
    old = Browser(product, cookies=dict(browser.cookies))
    browser.sign_in()
    assert old.post("/auth/refresh").status_code == 401
    assert browser.post("/auth/refresh").status_code == 200


def test_a_wrong_password_is_refused_in_one_sentence_and_then_slowed(product: InProcess) -> None:
    asked = {"email": "guess@example.com", "password": "wrong"}
    answers = [Browser(product).post("/auth/sign-in", json=asked) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert len({answer.get_json()["detail"] for answer in answers[:5]}) == 1
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert 1 <= int(answers[5].headers["Retry-After"]) <= 15


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/sign-out"])
@pytest.mark.parametrize("origin", STRANGERS, ids=str)
def test_a_page_of_another_origin_changes_nothing(browser: Browser, path: str, origin: str | None) -> None:
    before = families()
    browser.origin = origin
    forms = {
        "application/x-www-form-urlencoded": b"a=1",
        "text/plain": b"{}",
        "multipart/form-data; boundary=b": b"--b--",
        "application/json": b"{}",
    }
    for media, body in forms.items():
        answer = browser.post(path, data=body, headers={"Content-Type": media})
        assert answer.status_code == 403
        assert_secure(answer)
    assert families() == before
    browser.origin = "http://localhost"
    assert browser.post("/auth/refresh").status_code == 200


@pytest.mark.parametrize("origin", [origin for origin in STRANGERS if origin is not None])
def test_a_page_of_another_origin_cannot_sign_its_visitor_in(product: InProcess, origin: str) -> None:
    answer = Browser(product, origin=origin).sign_in()
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_a_form_signs_nobody_in(product: InProcess, media: str) -> None:
    made = product.development
    body = f'{{"email": "{made.email}", "password": "{made.password}"}}'
    answer = Browser(product, origin=None).post("/auth/sign-in", data=body, headers={"Content-Type": media})
    assert answer.status_code == 415
    assert "Set-Cookie" not in answer.headers


def test_a_program_may_sign_in_without_an_origin(product: InProcess) -> None:
    assert Browser(product, origin=None).sign_in().status_code == 200


def test_an_allowed_origins_pages_may_send_cookies_to_auth_only(product: InProcess) -> None:
    for origin in ALLOWED:
        elsewhere = Browser(product, origin=origin)
        for answer in (elsewhere.sign_in(), elsewhere.post("/auth/refresh"), elsewhere.post("/auth/sign-out")):
            assert answer.status_code < 300
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert product.call("OPTIONS", "/auth/refresh", headers=asking).headers["Access-Control-Allow-Credentials"] == "true"
        for path in ("/sessions", "/me", "/health", "/authority"):
            assert "Access-Control-Allow-Credentials" not in product.call("GET", path, headers={"Origin": origin}).headers
    for origin in FOREIGN:
        for path in ("/auth/config", "/auth/refresh"):
            assert "Access-Control-Allow-Credentials" not in product.call("GET", path, headers={"Origin": origin}).headers


def test_a_refresh_without_a_cookie_or_with_nonsense_is_not_signed_in(product: InProcess) -> None:
    for value in ("", "nonsense", "fam_" + "a" * 26 + "." + "A" * 43, "a" * 6000):
        answer = Browser(product, cookies={COOKIE: value} if value else {}).post("/auth/refresh")
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers, "another tab may have put a good one there"


def test_an_answer_with_tokens_is_never_kept_for_an_idempotency_key(product: InProcess) -> None:
    browser = Browser(product)
    answers = [browser.sign_in(headers={"Idempotency-Key": "one"}) for _ in range(2)]
    answers += [browser.post("/auth/refresh", headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)
    assert len({answer.get_json()["access_token"] for answer in answers}) == 4
    kept = services.document_store.open(f"workspaces/{product.development.workspace}").query("idempotency", limit=1000)
    assert not any(b"access_token" in each.fields["body"] for each in kept)


@pytest.mark.parametrize("route", GUARDED_ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_persons_token_is_good_on_every_route(product: InProcess, route: Route) -> None:
    somebody = person(product)
    numbers = itertools.count()
    path = "".join(part if not at % 2 else f"x{next(numbers)}" for at, part in enumerate(route.path.replace("}", "{").split("{")))
    answer = product.call(route.method, path, signed=False, headers=somebody.headers)
    assert answer.status_code not in (401, 403), answer.data


def test_a_person_chooses_the_workspace_and_a_key_cannot(product: InProcess) -> None:
    other = product.workspace()
    somebody = person(product, product.development.workspace, other)
    for workspace in (other, product.development.workspace):
        me = product.call("GET", "/me", signed=False, headers={**somebody.headers, "X-Reggie-Workspace": workspace})
        assert me.get_json()["workspace"] == workspace
    assert [each["id"] for each in me.get_json()["workspaces"]] == [product.development.workspace, other]
    foreign = {"X-Reggie-Workspace": product.workspace()}
    assert product.call("GET", "/me", signed=False, headers={**somebody.headers, **foreign}).status_code == 403
    assert product.call("GET", "/me", headers=foreign).status_code == 403
    own = {"X-Reggie-Workspace": product.development.workspace}
    assert product.call("GET", "/me", headers=own).get_json()["workspace"] == product.development.workspace


def test_a_key_knows_its_user_and_its_own_workspace_only(product: InProcess) -> None:
    made = product.development
    me = product.call("GET", "/me").get_json()
    assert me["user"]["email"] == made.email
    assert [each["id"] for each in me["workspaces"]] == [made.workspace]
    assert me["workspace"] == made.workspace


@pytest.fixture
def elsewhere(product: InProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    """People sign in with an issuer on loopback; what it would sign."""
    key = new_key("RS256")
    with loopback_issuer(key) as issuer:
        settings = replace(services.settings, identity="oidc", oidc_issuer=issuer.url, oidc_client_id="web")
        for name in ("identity", "people", "sign_in"):
            monkeypatch.delitem(services.__dict__, name, raising=False)
        monkeypatch.setitem(services.__dict__, "settings", settings)
        claims = {"iss": issuer.url, "aud": "web", "sub": "sub-1", "email": product.development.email, "email_verified": True}
        yield Maker(key, {"typ": "JWT"}, claims)
    for name in ("identity", "people", "sign_in"):
        services.__dict__.pop(name, None)


def test_with_an_outside_issuer_its_token_is_good_and_passwords_are_not(product: InProcess, elsewhere: Maker) -> None:
    assert product.call("GET", "/auth/config", signed=False).get_json() == {
        "identity": "oidc",
        "issuer": elsewhere.claims["iss"],
        "client_id": "web",
        "scopes": "openid email profile",
    }
    me = product.call("GET", "/me", headers={"Authorization": f"Bearer {elsewhere.make()}"})
    assert me.get_json()["user"]["id"] == product.development.user
    stranger = elsewhere.make(None, {"sub": "sub-2", "email": "nobody@example.com"})
    refused = product.call("GET", "/me", headers={"Authorization": f"Bearer {stranger}"})
    assert refused.status_code == 403
    assert "ask an owner" in refused.get_json()["detail"]
    assert Browser(product).sign_in().status_code == 404
    assert product.call("GET", "/me").status_code == 200, "keys stay good"


def test_firebase_is_told_by_its_project(product: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(services.settings, identity="firebase", project="p1", firebase_api_key="key")
    monkeypatch.setitem(services.__dict__, "settings", settings)
    answer = product.call("GET", "/auth/config", signed=False).get_json()
    assert answer == {
        "identity": "firebase",
        "api_key": "key",
        "project": "p1",
        "sign_in_url": "https://identitytoolkit.googleapis.com",
        "refresh_url": "https://securetoken.googleapis.com",
    }
