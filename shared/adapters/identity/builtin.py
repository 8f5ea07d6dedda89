"""The issuer that comes with the product: Ed25519 signatures by a key that is made once and kept in the platform's store.

All instances share the key through the store, where only the functions' service accounts can read it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from datetime import datetime
from typing import Any, Final

from shared.adapters.identity.tokens import Jwk, Rules, verified
from shared.identity.models import OWN_ISSUER, AccessToken, Claims
from shared.kit.clock import Clock
from shared.kit.documents import SERVER_TIME, Create, Documents
from shared.kit.errors import AlreadyExists, Unavailable

LIFETIME: Final = 600
"""Seconds."""
AUDIENCE: Final = "reggie-api"
_KEY_PATH: Final = "signing_keys/access-tokens"
_LOOK_AGAIN: Final = 60.0
"""Seconds between two looks for a key that is not the known one: mostly it is a forgery."""
_RULES: Final = Rules(
    issuer=OWN_ISSUER,
    audience=AUDIENCE,
    algorithms=("EdDSA",),
    types=("at+jwt",),
    required=("iss", "aud", "sub", "exp", "iat", "nbf", "auth_time"),
)


class BuiltinIdentity:
    """Issues and verifies access tokens (the shape of RFC 9068: `typ` at+jwt). Safe to use from many threads."""

    def __init__(self, platform: Documents, clock: Clock) -> None:
        self._documents = platform
        self._clock = clock
        self._key: dict[str, str] | None = None
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def issue(self, user: str, signed_in_at: datetime) -> AccessToken:
        import jwt

        key = self._private_key()
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": OWN_ISSUER,
            "aud": AUDIENCE,
            "sub": user,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            # Whole milliseconds, rounded down as Firestore rounds the times that this is compared with.
            "auth_time": int(signed_in_at.timestamp() * 1000) / 1000,
            "jti": secrets.token_urlsafe(12),
        }
        text = jwt.encode(claims, jwt.PyJWK(dict(key), "EdDSA"), headers={"kid": key["kid"], "typ": "at+jwt"})
        return AccessToken(text, LIFETIME)

    def verify(self, token: str) -> Claims:
        return verified(token, _RULES, self._public_key)

    def _public_key(self, key_id: str) -> Jwk | None:
        key = self._key
        if key is None or key["kid"] != key_id:
            with self._lock:
                now = self._clock.monotonic()
                if self._key is None or now - self._looked_at >= _LOOK_AGAIN:
                    self._key, self._looked_at = self._stored(), now
                key = self._key
        if key is None or key["kid"] != key_id:
            return None
        return {name: value for name, value in key.items() if name != "d"}

    def _private_key(self) -> dict[str, str]:
        """The key of all instances; the first that needs it makes it."""
        with self._lock:
            if self._key is None:
                self._key = self._stored() or self._make()
                self._looked_at = self._clock.monotonic()
            return self._key

    def _stored(self) -> dict[str, str] | None:
        (snapshot,) = self._documents.get(_KEY_PATH)
        return None if snapshot is None else dict(snapshot.fields["jwk"])

    def _make(self) -> dict[str, str]:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        key_id = hashlib.sha256(public).hexdigest()[:16]
        jwk: dict[str, Any] = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key_id}
        jwk |= {"x": _base64url(public), "d": _base64url(private.private_bytes_raw())}
        try:
            self._documents.commit(Create(_KEY_PATH, {"jwk": jwk, "created_at": SERVER_TIME}))
        except AlreadyExists:
            stored = self._stored()  # Another instance was first: its key is everybody's.
            if stored is None:
                raise Unavailable("the signing key is being changed; try again") from None
            return stored
        return jwk


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
