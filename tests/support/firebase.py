"""A stand-in of Firebase's servers on loopback: sign-in with a password, refresh, and the keys of its ID tokens.

Its paths begin with the names of Google's hosts, as the Firebase emulator's do. Requests, answers and error words are those of
https://cloud.google.com/identity-platform/docs/use-rest-api (signInWithPassword, token) and
https://firebase.google.com/docs/auth/admin/verify-id-tokens.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.support.tokens import Key, Maker, new_key

Json = dict[str, Any]
PROJECT: Final = "demo-reggie"
API_KEY: Final = "AIza-of-the-stand-in"
_ISSUER: Final = f"securetoken.google.com/{PROJECT}"


class Refused(Exception):
    """A 4xx in the shape of Google's APIs; the argument is the error's word."""


@dataclass
class Account:
    """A user of the project."""

    email: str
    password: str
    id: str
    verified: bool = True
    disabled: bool = False
    second_factor: bool = False


@dataclass
class Firebase:
    """The stand-in, and what a test may make of it."""

    url: str
    key: Key
    accounts: dict[str, Account] = field(default_factory=dict)
    lifetime: int = 3600
    """Seconds that an ID token lives."""
    down: bool = False
    word: str = ""
    """What every call is refused with."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each call."""
    _refresh: dict[str, tuple[Account, int]] = field(default_factory=dict)

    def add(self, email: str, password: str, **more: Any) -> Account:
        account = Account(email, password, secrets.token_hex(14), **more)
        self.accounts[email] = account
        return account

    def sign_in(self, body: Json) -> Json:
        """POST /v1/accounts:signInWithPassword"""
        account = self.accounts.get(body.get("email", ""))
        if not body.get("password"):
            raise Refused("MISSING_PASSWORD")
        if account is None or account.password != body["password"]:
            # Projects with protection against the enumeration of addresses, which is the default, say no more.
            raise Refused("INVALID_LOGIN_CREDENTIALS")
        if account.disabled:
            raise Refused("USER_DISABLED")
        said = {"kind": "identitytoolkit#VerifyPasswordResponse", "localId": account.id, "email": account.email, "registered": True}
        if account.second_factor:
            return {**said, "mfaPendingCredential": secrets.token_urlsafe(), "mfaInfo": [{"mfaEnrollmentId": "1"}]}
        now = int(time.time())
        refresh = secrets.token_urlsafe()
        self._refresh[refresh] = (account, now)
        return {
            **said,
            "displayName": "",
            "idToken": self._id_token(account, now),
            "refreshToken": refresh,
            "expiresIn": str(self.lifetime),
        }

    def refresh(self, form: Json) -> Json:
        """POST /v1/token"""
        if form.get("grant_type") != "refresh_token":
            raise Refused("INVALID_GRANT_TYPE")
        token = form.get("refresh_token", "")
        if token not in self._refresh:
            raise Refused("INVALID_REFRESH_TOKEN")
        account, signed_in_at = self._refresh[token]
        if account.disabled:
            raise Refused("USER_DISABLED")
        made = self._id_token(account, signed_in_at)
        return {
            "access_token": made,
            "expires_in": str(self.lifetime),
            "token_type": "Bearer",
            "refresh_token": token,
            "id_token": made,
            "user_id": account.id,
            "project_id": "1234567890",
        }

    def described(self) -> Json:
        """The issuer's discovery document."""
        return {"issuer": f"{self.url}/{_ISSUER}", "jwks_uri": f"{self.url}/jwks"}

    def _id_token(self, account: Account, signed_in_at: int) -> str:
        claims = {
            "iss": f"{self.url}/{_ISSUER}",
            "aud": PROJECT,
            "sub": account.id,
            "user_id": account.id,
            "email": account.email,
            "email_verified": account.verified,
            "firebase": {"identities": {"email": [account.email]}, "sign_in_provider": "password"},
        }
        return Maker(self.key, {"typ": "JWT"}, claims).make(claims={"exp": int(time.time()) + self.lifetime, "auth_time": signed_in_at})


class _Handler(BaseHTTPRequestHandler):
    firebase: Firebase

    def do_GET(self) -> None:
        found = {"/jwks": {"keys": [self.firebase.key.public]}, f"/{_ISSUER}/.well-known/openid-configuration": self.firebase.described()}
        self._send(200, found.get(self.path, {}))

    def do_OPTIONS(self) -> None:
        self._send(204, {})

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        self.firebase.asked.append(f"POST {address.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.firebase.down:
            self.close_connection = True
            return
        try:
            if parse_qs(address.query).get("key") != [API_KEY]:
                raise Refused("API key not valid. Please pass a valid API key.")
            if self.firebase.word:
                raise Refused(self.firebase.word)
            if address.path == "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword":
                self._send(200, self.firebase.sign_in(json.loads(body)))
            elif address.path == "/securetoken.googleapis.com/v1/token":
                self._send(200, self.firebase.refresh(dict(parse_qsl(body.decode()))))
            else:
                self._send(404, {})
        except Refused as refused:
            word = str(refused)
            errors = [{"message": word, "domain": "global", "reason": "invalid"}]
            self._send(400, {"error": {"code": 400, "message": word, "errors": errors, "status": "INVALID_ARGUMENT"}})

    def _send(self, status: int, answer: Json) -> None:
        body = json.dumps(answer).encode() if status != 204 else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "content-type")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


@contextmanager
def firebase_stand_in() -> Iterator[Firebase]:
    """A running stand-in without accounts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        firebase = Firebase(f"http://127.0.0.1:{server.server_port}", new_key("RS256"))
        server.RequestHandlerClass = type("Handler", (_Handler,), {"firebase": firebase})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield firebase
        finally:
            server.shutdown()
            thread.join()
