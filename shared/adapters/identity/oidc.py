"""Any OpenID Connect issuer, Firebase among them: its ID tokens are our access tokens, checked with the keys that it publishes.

OpenID Connect Core 1.0 (3.1.3.7) and Discovery 1.0 (4.3); Firebase: https://firebase.google.com/docs/auth/admin/verify-id-tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from shared.adapters.identity.tokens import Jwk, Rules, verified
from shared.identity.models import Claims
from shared.kit import log
from shared.kit.clock import Clock
from shared.kit.errors import Unavailable

FRESH: Final = 3600.0
"""Seconds for which keys are believed without asking again."""
STALE: Final = 24 * 3600.0
"""Seconds for which they still do while the issuer does not answer."""
LOOK_AGAIN: Final = 60.0
"""Seconds between two looks for a key that is not known, which is mostly a forgery."""
TRY_AGAIN: Final = 5.0
"""Seconds between two looks while there are no keys at all, and so nobody can sign in."""
_TIMEOUT: Final = 5.0
_LARGEST: Final = 1024 * 1024


class OidcIdentity:
    """Verifies the ID tokens of one issuer for one client. Safe to use from many threads; asks the issuer for nothing until then."""

    def __init__(
        self, issuer: str, audience: str, clock: Clock, algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    ) -> None:
        # The type may be left out: OpenID Connect does not ask for it, and some issuers do not send it.
        self._rules = Rules(issuer, audience, algorithms, types=("jwt", None))
        self._keys = _PublishedKeys(issuer, clock)

    def verify(self, token: str) -> Claims:
        return verified(token, self._rules, self._keys.find)


def firebase_identity(issuer: str, project: str, clock: Clock) -> OidcIdentity:
    """Firebase Authentication, or Identity Platform, of a Google Cloud project, whose tokens name `issuer`."""
    return OidcIdentity(issuer, project, clock, algorithms=("RS256",))


class _PublishedKeys:
    """The issuer's key set, kept for an hour, and looked up anew, at most once a minute, for a key that is not in it."""

    def __init__(self, issuer: str, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, Jwk] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")

    def find(self, key_id: str) -> Jwk | None:
        """The key of this id, None when the issuer has none. Raises Unavailable when nothing is known and the issuer does not answer."""
        with self._lock:
            now = self._clock.monotonic()
            wanted = key_id not in self._keys or now - self._fetched_at >= FRESH
            if wanted and now - self._asked_at >= (TRY_AGAIN if self._too_old(now) else LOOK_AGAIN):
                self._asked_at = now
                self._fetch(now)
            if self._too_old(now):
                raise Unavailable("the keys of the identity provider cannot be had; try again", retry_after=TRY_AGAIN)
            return self._keys.get(key_id)

    def _too_old(self, now: float) -> bool:
        return now - self._fetched_at >= STALE

    def _fetch(self, now: float) -> None:
        """Replace the keys, or keep those of before."""
        import httpx

        try:
            with httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client:
                found = _key_set(self._issuer, lambda address: _json(client, address))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("the identity provider's keys could not be had", error=error)
            return
        self._keys, self._fetched_at = found, now


def _key_set(issuer: str, get: Callable[[str], Any]) -> dict[str, Jwk]:
    """Key id to key, by way of the discovery document. Raises ValueError when either is not what it must be."""
    described = get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if not isinstance(described, dict) or described.get("issuer") != issuer:
        raise ValueError("the discovery document is another issuer's")
    address = described.get("jwks_uri")
    # Plain http only from an issuer that is reached so itself, which the settings allow on this machine alone.
    if not isinstance(address, str) or urlsplit(address).scheme not in ("https", urlsplit(issuer).scheme):
        raise ValueError("the key set has no https address")
    published = get(address)
    keys = published.get("keys") if isinstance(published, dict) else None
    if not keys or not isinstance(keys, list):
        raise ValueError("the key set holds no keys")
    return {key["kid"]: key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}


def _json(client: Any, address: str) -> Any:
    import orjson

    with client.stream("GET", address) as answer:
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if len(body) > _LARGEST:
                raise ValueError("the document is larger than 1 MiB")
    return orjson.loads(bytes(body))
