"""JSON Web Tokens put together by hand, so that they can be wrong in any way, and an OpenID Connect issuer on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

Json = dict[str, Any]
LEFT_OUT: Final = object()
"""As a value: the header or claim is not there."""


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Key:
    """A key pair for one algorithm, with its id."""

    id: str
    algorithm: str
    private: Any = field(repr=False)

    @property
    def public(self) -> Json:
        """The public half as a JWK."""
        made: Json = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key(), as_dict=True)
        return {name: value for name, value in made.items() if name != "key_ops"} | {"kid": self.id, "alg": self.algorithm, "use": "sig"}

    @property
    def pem(self) -> bytes:
        """The public half as PEM, as which a confused verifier would take it for a shared secret."""
        pem: bytes = self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return pem

    def sign(self, signed: bytes) -> bytes:
        made: bytes = jwt.get_algorithm_by_name(self.algorithm).sign(signed, self.private)
        return made


def new_key(algorithm: str, key_id: str = "key-1", bits: int = 2048) -> Key:
    if algorithm == "EdDSA":
        return Key(key_id, algorithm, ed25519.Ed25519PrivateKey.generate())
    if algorithm == "ES256":
        return Key(key_id, algorithm, ec.generate_private_key(ec.SECP256R1()))
    return Key(key_id, algorithm, rsa.generate_private_key(65537, bits))


@dataclass(frozen=True)
class Maker:
    """Makes tokens of one issuer: good ones, and such as differ in what a test names."""

    key: Key
    header: Json
    claims: Json
    """Without times, which are of now."""

    def make(
        self, header: Json | None = None, claims: Json | None = None, *, key: Key | None = None, signature: bytes | None = None
    ) -> str:
        parts = self.parts(header, claims)
        return f"{parts}.{base64url((key or self.key).sign(parts.encode()) if signature is None else signature)}"

    def with_secret(self, secret: bytes, header: Json | None = None) -> str:
        """Signed by HMAC."""
        parts = self.parts({"alg": "HS256", **(header or {})}, None)
        return f"{parts}.{base64url(hmac.digest(secret, parts.encode(), hashlib.sha256))}"

    def parts(self, header: Json | None = None, claims: Json | None = None) -> str:
        now = int(time.time())
        head = {**self.header, "alg": self.key.algorithm, "kid": self.key.id, **(header or {})}
        body = {**self.claims, "iat": now, "nbf": now, "exp": now + 600, "auth_time": now, **(claims or {})}
        return ".".join(base64url(_json(part)) for part in (head, body))


def _json(fields: Json) -> bytes:
    return json.dumps({name: value for name, value in fields.items() if value is not LEFT_OUT}).encode()


@dataclass
class LoopbackIssuer:
    """What an OpenID Connect issuer publishes, and how often it was asked. Change the fields to change the answers."""

    url: str
    keys: list[Json] = field(default_factory=list)
    discovery: Json = field(default_factory=dict)
    """What the discovery document says otherwise than it should."""
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> bytes:
        self.asked.append(path)
        if path == "/jwks":
            return json.dumps({"keys": self.keys}).encode()
        return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **self.discovery}).encode()

    @property
    def looks(self) -> int:
        """How often somebody came for the keys."""
        return self.asked.count("/.well-known/openid-configuration")


@contextmanager
def loopback_issuer(*keys: Key) -> Iterator[LoopbackIssuer]:
    """An issuer with these keys, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = issuer.answer(self.path)
            self.send_response(issuer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = LoopbackIssuer(f"http://127.0.0.1:{server.server_port}", [key.public for key in keys])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
