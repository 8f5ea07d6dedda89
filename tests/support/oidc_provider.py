"""An OpenID Connect provider on loopback that a browser can sign in at: a login page, a token endpoint on a port of its own, refresh
tokens, and a page that ends its sign-in.

OpenID Connect Core 1.0 (authorization code, 3.1; `prompt` and `max_age`, 3.1.2.1; refresh, 12), PKCE (RFC 7636, S256 only), Discovery 1.0
and RP-Initiated Logout 1.0. It is strict: what a real provider refuses, it refuses.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.tokens import Key, Maker, new_key

Json = dict[str, Any]
CLIENT: Final = "reggie-web"
_COOKIE: Final = "provider_session"


@dataclass(frozen=True)
class Account:
    """A person whom the provider knows."""

    email: str
    password: str
    subject: str
    verified: bool = True


@dataclass(frozen=True)
class Login:
    """Somebody who proved who they are, then."""

    account: Account
    at: int


@dataclass(frozen=True)
class Grant:
    """What a code or a refresh token is good for."""

    login: Login
    nonce: str
    redirect_uri: str = ""
    challenge: str = ""


@dataclass
class Answer:
    """An answer of one of its endpoints."""

    status: int = 200
    body: str | Json = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Provider:
    """The provider, and what a test may make of it. `asked`: every request as `GET /authorize?...`, in order."""

    url: str
    token_url: str
    key: Key
    app: str = ""
    """The web app's origin: where it may send people back to, and whose scripts may call it."""
    accounts: dict[str, Account] = field(default_factory=dict)
    lifetime: int = 600
    """Seconds that an ID token lives."""
    gives_refresh_tokens: bool = True
    ends_sign_ins: bool = True
    """Whether it has an end_session_endpoint."""
    nonce: str | None = None
    """The nonce of its ID tokens, when not the one that was asked for."""
    down: set[str] = field(default_factory=set)
    """Paths that nobody answers."""
    asked: list[str] = field(default_factory=list)
    _logins: dict[str, Login] = field(default_factory=dict)
    _codes: dict[str, Grant] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)

    def add(self, email: str, password: str, *, verified: bool = True) -> Account:
        account = Account(email, password, f"subject-{secrets.token_hex(4)}", verified)
        self.accounts[email] = account
        return account

    def forget_everybody(self) -> None:
        """Nobody is signed in here any more, and no refresh token works."""
        self._logins.clear()
        self._refresh.clear()

    def requests(self, beginning: str) -> list[dict[str, str]]:
        """The parameters of the requests that begin so."""
        return [dict(parse_qsl(urlsplit(each.partition(" ")[2]).query)) for each in self.asked if each.startswith(beginning)]

    def described(self) -> Json:
        """The discovery document."""
        ending = {"end_session_endpoint": f"{self.url}/end"} if self.ends_sign_ins else {}
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.token_url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            **ending,
        }

    def authorize(self, query: Mapping[str, str], session: str) -> Answer:
        """The login page, or the way back for somebody who is signed in here."""
        if query.get("client_id") != CLIENT or query.get("redirect_uri") != f"{self.app}/app/sign-in":
            return Answer(400, "This client is not known here.")
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            return self._back(query, error="invalid_request")
        if "openid" not in query.get("scope", "").split() or not query.get("state") or not query.get("nonce"):
            return self._back(query, error="invalid_request")
        login = self._logins.get(session)
        fresh = login is not None and time.time() - login.at <= int(query.get("max_age") or 10**9)
        prompt = query.get("prompt", "")
        if login is not None and fresh and prompt != "login":
            return self._granted(query, login)
        return self._back(query, error="login_required") if prompt == "none" else Answer(body=_login_page(query))

    def log_in(self, form: Mapping[str, str]) -> Answer:
        """What came of the login page."""
        query = dict(parse_qsl(form["query"]))
        if form.get("action") == "cancel":
            return self._back(query, error="access_denied", error_description="The user said no")
        account = self.accounts.get(form.get("email", ""))
        if account is None or account.password != form.get("password"):
            return Answer(401, _login_page(query, "Wrong e-mail address or password."))
        login = Login(account, int(time.time()))
        session = secrets.token_urlsafe()
        self._logins[session] = login
        answer = self._granted(query, login)
        answer.headers["Set-Cookie"] = f"{_COOKIE}={session}; HttpOnly; SameSite=Lax; Path=/"
        return answer

    def token(self, form: Mapping[str, str]) -> Answer:
        """Tokens for a code, once, or for a refresh token, which is exchanged for its successor."""
        if form.get("client_id") != CLIENT:
            return Answer(401, {"error": "invalid_client"})
        if form.get("grant_type") == "refresh_token":
            grant = self._refresh.pop(form.get("refresh_token", ""), None)
            return Answer(400, {"error": "invalid_grant"}) if grant is None else self._tokens(grant)
        grant = self._codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if grant is None or grant.redirect_uri != form.get("redirect_uri") or grant.challenge != proof:
            return Answer(400, {"error": "invalid_grant"})
        return self._tokens(grant)

    def end(self, query: Mapping[str, str], session: str) -> Answer:
        """End the browser's sign-in here and send it back."""
        back = query.get("post_logout_redirect_uri", "")
        if query.get("client_id") != CLIENT or back != f"{self.app}/app/sign-in" or not query.get("id_token_hint"):
            return Answer(400, "This address to go back to is not known here.")
        self._logins.pop(session, None)
        return Answer(303, headers={"Location": back, "Set-Cookie": f"{_COOKIE}=; Max-Age=0; Path=/"})

    def _granted(self, query: Mapping[str, str], login: Login) -> Answer:
        code = secrets.token_urlsafe()
        self._codes[code] = Grant(login, query["nonce"], query["redirect_uri"], query["code_challenge"])
        return self._back(query, code=code)

    def _back(self, query: Mapping[str, str], **answer: str) -> Answer:
        parameters = urlencode({**answer, "state": query.get("state", ""), "iss": self.url})
        return Answer(303, headers={"Location": f"{query['redirect_uri']}?{parameters}"})

    def _tokens(self, grant: Grant) -> Answer:
        account = grant.login.account
        claims = {"iss": self.url, "aud": CLIENT, "sub": account.subject, "email": account.email, "email_verified": account.verified}
        now = int(time.time())
        times = {"exp": now + self.lifetime, "auth_time": grant.login.at, "nonce": self.nonce or grant.nonce}
        body: Json = {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 3600}
        body["id_token"] = Maker(self.key, {"typ": "JWT"}, claims).make(claims=times)
        if self.gives_refresh_tokens:
            body["refresh_token"] = secrets.token_urlsafe()
            self._refresh[body["refresh_token"]] = grant
        return Answer(200, body, {"Cache-Control": "no-store"})


def _login_page(query: Mapping[str, str], problem: str = "") -> str:
    return (
        "<!doctype html><html lang=en><title>The organisation</title><h1>The organisation's sign-in</h1>"
        f"<p role=alert>{html.escape(problem)}</p><form method=post action=/login>"
        f'<input type=hidden name=query value="{html.escape(urlencode(query))}">'
        "<label>User <input name=email></label><label>Secret <input name=password type=password></label>"
        "<button name=action value=allow>Log in</button><button name=action value=cancel>Cancel</button></form>"
    )


class _Handler(BaseHTTPRequestHandler):
    """HTTP for either port; `routes` tells which endpoints it has."""

    provider: Provider
    routes: Mapping[str, Callable[[Provider, Mapping[str, str], str], Answer]]

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        self._answer(dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)))

    def do_OPTIONS(self) -> None:
        self._send(Answer(204, headers={"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "content-type"}))

    def _answer(self, form: Mapping[str, str]) -> None:
        address = urlsplit(self.path)
        self.provider.asked.append(f"{self.command} {self.path}")
        if address.path in self.provider.down:
            self.close_connection = True
            return
        route = self.routes.get(f"{self.command} {address.path}")
        if route is None:
            self._send(Answer(404, "There is no such page."))
            return
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        self._send(route(self.provider, form or dict(parse_qsl(address.query)), cookie.value if cookie else ""))

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        kind = "text/html; charset=utf-8" if isinstance(answer.body, str) else "application/json"
        allowed = {"Access-Control-Allow-Origin": self.provider.app} if self.headers.get("Origin") == self.provider.app else {}
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **allowed, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


_PAGES: Final[Mapping[str, Callable[[Provider, Mapping[str, str], str], Answer]]] = {
    "GET /.well-known/openid-configuration": lambda provider, _, __: Answer(body=provider.described()),
    "GET /jwks": lambda provider, _, __: Answer(body={"keys": [provider.key.public]}),
    "GET /authorize": lambda provider, query, session: provider.authorize(query, session),
    "POST /login": lambda provider, form, _: provider.log_in(form),
    "GET /end": lambda provider, query, session: provider.end(query, session),
}
_TOKENS: Final[Mapping[str, Callable[[Provider, Mapping[str, str], str], Answer]]] = {
    "POST /token": lambda provider, form, _: provider.token(form),
}


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    """A running provider without accounts; set `app` before somebody signs in."""
    with _server() as pages, _server() as tokens:
        provider = Provider(f"http://127.0.0.1:{pages.server_port}", f"http://127.0.0.1:{tokens.server_port}", new_key("ES256"))
        pages.RequestHandlerClass = type("Pages", (_Handler,), {"provider": provider, "routes": _PAGES})
        tokens.RequestHandlerClass = type("Tokens", (_Handler,), {"provider": provider, "routes": _TOKENS})
        yield provider


@contextmanager
def _server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
