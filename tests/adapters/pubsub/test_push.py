"""Who may push: a real RSA key of our own stands in for Google's, and every other token is refused."""

from __future__ import annotations

import base64
import functools
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.pubsub.push import GoogleKeys, Keys, verify_push
from shared.adapters.pubsub.transport import HttpxRequest
from shared.kit.errors import Forbidden, Unauthenticated, Unavailable

AUDIENCE = "https://worker-abc.a.run.app/push/runs"
ACCOUNT = "pusher@project.iam.gserviceaccount.com"


@functools.cache
def issuer_key(name: str) -> tuple[str, str]:
    """Private and public PEM of a key of our own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, private, public = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return (
        key.private_bytes(encoding, private, serialization.NoEncryption()).decode(),
        key.public_key().public_bytes(encoding, public).decode(),
    )


@functools.cache
def signer(name: str, key_id: str | None) -> crypt.RSASigner:
    """Loading a key takes some 50 ms."""
    own: crypt.RSASigner = crypt.RSASigner.from_string(issuer_key(name)[0], key_id)
    return own


class OwnKeys:
    def certificates(self, key_id: str) -> dict[str, str]:
        return {"key-1": issuer_key("google")[1]}


def token(signed_by: str = "google", key_id: str | None = "key-1", **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "email": ACCOUNT,
        "email_verified": True,
        "iat": now,
        "exp": now + 3600,
        "sub": "1",
        **changes,
    }
    encoded: bytes = jwt.encode(signer(signed_by, key_id), {name: value for name, value in claims.items() if value is not None})
    return encoded.decode()


def verify(value: str, keys: Keys | None = None) -> None:
    verify_push(value, AUDIENCE, ACCOUNT, keys or OwnKeys())


def test_the_subscriptions_own_token_is_accepted() -> None:
    verify(token())
    verify(token(iss="accounts.google.com"))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.a.run.app/push/runs"},
        {"aud": AUDIENCE + "/"},
        {"aud": [AUDIENCE, "https://other"]},
        {"aud": None},
        {"email": "pusher@other.iam.gserviceaccount.com"},
        {"email": ACCOUNT.upper()},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
    ],
)
def test_a_good_token_of_or_for_somebody_else_is_forbidden(changes: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        verify(token(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": time.time() - 60},
        {"iat": time.time() + 3600},
        {"exp": None},
        {"iat": None},
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"signed_by": "somebody else"},
        {"key_id": "key-2"},
        {"key_id": None},
    ],
)
def test_a_token_that_google_did_not_sign_for_now_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        verify(token(**changes))


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")


def test_a_changed_token_is_refused() -> None:
    head, claims, signature = token().split(".")
    wanted = part({**json.loads(base64.urlsafe_b64decode(claims + "==")), "email": "x"})
    for changed in (f"{head}.{wanted}.{signature}", f"{head}.{claims}.{signature[:-4]}AAAA", f"{head}.{claims}.", f"{head}.{claims}"):
        with pytest.raises(Unauthenticated):
            verify(changed)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256", "", None, 7, ["RS256"]])
def test_no_other_algorithm_is_taken(algorithm: Any) -> None:
    _, claims, signature = token().split(".")
    with pytest.raises(Unauthenticated):
        verify(f"{part({'alg': algorithm, 'kid': 'key-1', 'typ': 'JWT'})}.{claims}.{signature}")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "rg_live_abc_0123456789",
        "Bearer",
        "a.b.c",
        "..",
        "ä.ö.ü",
        "x" * 5000,
        f"{part(b'[' * 2900)}.e30.AAAA",
        "a.b.c\n",
        f"{part([])}.{part([])}.AA",
    ],
)
def test_what_is_no_token_is_refused(value: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(value)


@settings(deadline=None)
@given(
    st.text(max_size=40) | st.builds(lambda *parts: ".".join(map(part, parts)), st.binary(max_size=30), st.binary(max_size=30), st.binary())
)
def test_no_text_gets_past_or_causes_another_error(value: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(value)


@pytest.mark.parametrize(("audience", "account"), [("", ACCOUNT), (AUDIENCE, "")])
def test_an_endpoint_that_is_not_set_up_takes_nothing(audience: str, account: str) -> None:
    with pytest.raises(Forbidden):
        verify_push(token(aud=audience, email=account), audience, account, OwnKeys())


class CertificateServer:
    """Google's certificate address on a loopback port."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.headers = {"Cache-Control": "public, max-age=20000, must-revalidate"}
        self.body = json.dumps({"key-1": issuer_key("google")[1]}).encode()
        self.address = ""


@pytest.fixture
def certificates() -> Iterator[CertificateServer]:
    state = CertificateServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}/certs"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def keys(certificates: CertificateServer) -> Iterator[GoogleKeys]:
    with httpx.Client() as client:
        yield GoogleKeys(HttpxRequest(client), certificates.address)


def test_certificates_are_fetched_once_while_they_are_fresh(certificates: CertificateServer, keys: GoogleKeys) -> None:
    for _ in range(50):
        verify(token(), keys)
    assert certificates.asked == 1


def test_they_are_fetched_again_when_max_age_is_over(certificates: CertificateServer, keys: GoogleKeys) -> None:
    certificates.headers = {"Cache-Control": "max-age=0"}
    verify(token(), keys)
    verify(token(), keys)
    assert certificates.asked == 2


def test_forged_key_ids_do_not_make_us_ask_google_each_time(certificates: CertificateServer, keys: GoogleKeys) -> None:
    for number in range(20):
        with pytest.raises(Unauthenticated):
            verify(token(key_id=f"forged-{number}"), keys)
    assert certificates.asked == 1


@pytest.mark.parametrize(("status", "body"), [(500, b""), (200, b"not json"), (200, b"[]"), (200, b"7")])
def test_without_certificates_nobody_is_let_in_and_the_sender_may_try_again(
    certificates: CertificateServer, keys: GoogleKeys, status: int, body: bytes
) -> None:
    certificates.status, certificates.body = status, body
    with pytest.raises(Unavailable):
        verify(token(), keys)


def test_a_certificate_server_that_is_down_is_unavailable() -> None:
    with httpx.Client() as client, pytest.raises(Unavailable):
        verify(token(), GoogleKeys(HttpxRequest(client), "http://127.0.0.1:1/certs"))
