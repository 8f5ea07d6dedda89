"""Who may call what: every route of the table with every kind of credential."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.test import Client, TestResponse

from shared.kit.documents import Patch
from shared.web.routes import Route, table
from shared.wiring import services
from shared.workspaces.keys import new_key
from shared.workspaces.scopes import INTERNAL, PUBLIC, SCOPES
from shared.workspaces.store import PLATFORM_ROOT
from tests.support.inprocess import INTERNAL_TOKEN, InProcess
from tests.support.people import person

PUBLIC_ROUTES = [route for route in table() if route.scope == PUBLIC]
INTERNAL_ROUTES = [route for route in table() if route.scope == INTERNAL]
GUARDED_ROUTES = [route for route in table() if route.scope not in (PUBLIC, INTERNAL)]


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


class Unread(io.RawIOBase):
    """A body that counts how often it is read."""

    reads = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self.reads += 1
        return 0


def ask(product: InProcess, route: Route, authorization: str | None) -> tuple[TestResponse, int]:
    """The answer, and how often the body was read."""
    body = Unread()
    headers = {} if authorization is None else {"Authorization": authorization}
    path = (
        route.path.replace("{agent_id}", "nobody")
        .replace("{session_id}", "ses_0")
        .replace("{run_id}", "run_0")
        .replace("{share_id}", "shr_0")
    )
    sent = {"wsgi.input": body, "CONTENT_LENGTH": "2", "CONTENT_TYPE": "application/json"}
    answer = product.call(route.method, path, signed=False, headers=headers, environ_overrides=sent)
    return answer, body.reads


@pytest.fixture(scope="module")
def bad_credentials(product: InProcess) -> dict[str, str | None]:
    good = product.development.api_key
    yesterday = datetime.now(UTC) - timedelta(days=1)
    somebody, gone = person(product), person(product)
    services.users().end_all_sign_ins(gone.id)
    return {
        "none": None,
        "empty": "",
        "another scheme": "Basic b3duZXI6cGFzcw==",
        "no scheme": good,
        "no token": "Bearer ",
        "garbage": "Bearer \x7f!?",
        "not ASCII": "Bearer ключ".encode().decode("latin-1"),
        "endless": "Bearer " + "a" * 7000,
        "a token of another kind": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9.",
        "a wrong checksum": f"Bearer {good[:-1]}{'0' if good[-1] != '0' else '1'}",
        "two tokens": f"Bearer {good} {good}",
        "two headers": f"Bearer {good}, Bearer {good}",
        "an unknown key": f"Bearer {new_key('dev').text}",
        "an expired key": f"Bearer {product.key(expires=yesterday)}",
        "a revoked key": f"Bearer {product.key(revoked=True)}",
        "the platform's own token": f"Bearer {INTERNAL_TOKEN}",
        "a person's token with another's signature": f"Bearer {somebody.token[:-86]}{gone.token[-86:]}",
        "the token of a person who signed out everywhere": f"Bearer {gone.token}",
    }


@pytest.mark.parametrize("route", GUARDED_ROUTES, ids=named)
def test_a_guarded_route_refuses_every_bad_credential_with_its_body_unread(
    product: InProcess, bad_credentials: dict[str, str | None], route: Route
) -> None:
    for name, credential in bad_credentials.items():
        answer, reads = ask(product, route, credential)
        assert answer.status_code == 401, name
        assert answer.headers["WWW-Authenticate"].startswith("Bearer "), name
        assert len(answer.get_json()["detail"]) > 20, name
        assert reads == 0, name


@pytest.mark.parametrize("route", GUARDED_ROUTES, ids=named)
def test_a_guarded_route_asks_for_its_scope_and_for_no_other(product: InProcess, route: Route) -> None:
    without = product.key(SCOPES - {route.scope})
    answer, reads = ask(product, route, f"Bearer {without}")
    assert answer.status_code == 403
    assert route.scope in answer.get_json()["detail"]
    assert reads == 0

    answer, _ = ask(product, route, f"bearer {product.key(frozenset({route.scope}))}")
    assert answer.status_code not in (401, 403), answer.data


def test_a_key_without_any_scope_can_do_nothing(product: InProcess) -> None:
    key = product.key(frozenset())
    assert {ask(product, route, f"Bearer {key}")[0].status_code for route in GUARDED_ROUTES} == {403}


@pytest.mark.parametrize("route", PUBLIC_ROUTES, ids=named)
def test_a_public_route_asks_nobody_who_he_is(product: InProcess, bad_credentials: dict[str, str | None], route: Route) -> None:
    answers = {name: ask(product, route, credential)[0].status_code for name, credential in bad_credentials.items()}
    expected = 404 if "{" in route.path else 200
    assert len(set(answers.values())) == 1, answers
    assert route.method != "GET" or set(answers.values()) == {expected}, answers


@pytest.mark.parametrize("route", INTERNAL_ROUTES, ids=named)
def test_an_internal_route_is_for_the_platforms_own_senders(
    product: InProcess, bad_credentials: dict[str, str | None], route: Route
) -> None:
    credentials = {**bad_credentials, "an owner's key": f"Bearer {product.development.api_key}"}
    del credentials["the platform's own token"]
    for name, credential in credentials.items():
        answer, reads = ask(product, route, credential)
        assert answer.status_code in (401, 403), name
        assert reads == 0, name
    answer, _ = ask(product, route, f"Bearer {INTERNAL_TOKEN}")
    assert answer.status_code not in (401, 403)


def test_what_is_wrong_with_a_well_formed_key_is_not_told(product: InProcess, bad_credentials: dict[str, str | None]) -> None:
    def detail(name: str) -> str:
        return str(product.call("GET", "/agents", headers={"Authorization": bad_credentials[name]}).get_json()["detail"])

    assert detail("an unknown key") == detail("an expired key") == detail("a revoked key")


@pytest.fixture
def fresh_instance(product: InProcess) -> Iterator[None]:
    """Forget what this process believes of keys before and after."""
    services.__dict__.pop("_authenticator", None)
    yield
    services.__dict__.pop("_authenticator", None)


@pytest.mark.usefixtures("fresh_instance")
def test_a_key_that_is_revoked_or_expires_stops_working_once_it_is_not_believed_any_more(product: InProcess) -> None:
    platform = services.document_store.open(PLATFORM_ROOT)
    for change in ({"revoked": True}, {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}, {"digest": "0" * 64}):
        key = product.key()
        headers = {"Authorization": f"Bearer {key}"}
        assert product.call("GET", "/agents", headers=headers).status_code == 200
        platform.commit(Patch(f"keys/{key.split('_')[2]}", change))
        services.__dict__.pop("_authenticator")
        assert product.call("GET", "/agents", headers=headers).status_code == 401, change


@pytest.mark.parametrize("name", ["Authorization", "session", "access_token", "token", "api_key", "X-API-Key", "reggie_refresh"])
def test_a_credential_in_a_cookie_is_none(product: InProcess, name: str) -> None:
    refresh = services.sign_in._tokens.start(product.development.user).token.text
    # A client with a cookie jar of its own would leave this header out.
    client = Client(product.app, use_cookies=False)
    for credential in (product.development.api_key, person(product).token, refresh):
        for value in (credential, f"Bearer {credential}"):
            headers = {"Cookie": f'{name}="{value}"'}
            answer = client.get("/agents", headers=headers)
            assert answer.request.headers["Cookie"] == headers["Cookie"]
            assert answer.status_code == 401, value


def test_a_key_in_the_address_or_in_another_header_is_no_credential(product: InProcess) -> None:
    key = product.development.api_key
    assert product.call("GET", f"/agents?access_token={key}&api_key={key}&token={key}", signed=False).status_code == 401
    assert product.call("GET", "/agents", signed=False, headers={"X-API-Key": key}).status_code == 401
