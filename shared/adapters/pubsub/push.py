"""Who may call a push endpoint: only the service account of the subscription, with a token made for this address.

https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions; Cloud Scheduler's calls carry the same kind of token.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from shared.kit.errors import Forbidden, Unauthenticated, Unavailable

_CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"
_ISSUERS = frozenset({"accounts.google.com", "https://accounts.google.com"})
_SHAPE = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_LONGEST_TOKEN = 4096
"""Characters; Google's are some 800."""

_SKEW = 10
"""Seconds that our clock may differ from Google's."""


class Keys(Protocol):
    """Where the issuer's keys come from."""

    def certificates(self, key_id: str) -> Mapping[str, str]:
        """Key id to PEM certificate or public key, looked up anew when `key_id` is not among them. Raises Unavailable."""
        ...


class GoogleKeys:
    """Google's certificates, kept as long as their `max-age` says. Safe to use from many threads."""

    def __init__(self, request: Any = None, address: str = _CERTIFICATES) -> None:
        self._request = request
        self._address = address
        self._lock = threading.Lock()
        self._certificates: dict[str, str] = {}
        self._fresh_until = 0.0
        self._asked_at = float("-inf")

    def certificates(self, key_id: str) -> Mapping[str, str]:
        with self._lock:
            now = time.monotonic()
            # A new key is announced before its use, so an unknown one is mostly a forgery: it costs Google a look at most once a minute.
            unknown = key_id not in self._certificates and now - self._asked_at > 60
            if now >= self._fresh_until or unknown:
                self._fetch(now)
            return self._certificates

    def _fetch(self, now: float) -> None:
        from google.auth.exceptions import GoogleAuthError

        if self._request is None:
            import httpx

            from shared.adapters.pubsub.transport import SECONDS, HttpxRequest

            self._request = HttpxRequest(httpx.Client(timeout=SECONDS))
        try:
            answer = self._request(self._address, method="GET")
        except GoogleAuthError as error:
            raise Unavailable("Google's certificates could not be had") from error
        if answer.status != 200:
            raise Unavailable(f"Google's certificates could not be had: status {answer.status}")
        import orjson

        try:
            self._certificates = {str(key): str(value) for key, value in orjson.loads(answer.data).items()}
        except (ValueError, AttributeError) as error:
            raise Unavailable("Google's certificates could not be read") from error
        age = re.search(r"max-age=(\d{1,9})", answer.headers.get("cache-control", ""))
        self._asked_at, self._fresh_until = now, now + (int(age.group(1)) if age else 300)


_google_keys = GoogleKeys()


def verify_push(token: str, audience: str, service_account: str, keys: Keys = _google_keys) -> None:
    """Accept an OIDC token (the part behind `Bearer`) that Google signed for `audience` and `service_account`.

    Raises Unauthenticated for a token that is missing, malformed, expired, of another issuer or badly signed, Forbidden for a good
    token of somebody else or for somewhere else, Unavailable when Google's certificates cannot be had.
    """
    if not audience or not service_account:
        raise Forbidden("this endpoint takes no pushes: its audience and service account are not set")
    claims = _verified(token, keys)
    if claims.get("iss") not in _ISSUERS:
        raise Unauthenticated("the push token is not Google's")
    if claims.get("aud") != audience:
        raise Forbidden("the push token was made for another address")
    if claims.get("email") != service_account or claims.get("email_verified") is not True:
        raise Forbidden("the push token belongs to another service account")


def _verified(token: str, keys: Keys) -> Mapping[str, Any]:
    """The claims of a token whose signature and times are good."""
    if len(token) > _LONGEST_TOKEN or not _SHAPE.fullmatch(token):
        raise Unauthenticated("a push needs an OIDC token of its subscription's service account")
    from google.auth import jwt
    from google.auth.exceptions import GoogleAuthError

    try:
        key_id = jwt.decode_header(token).get("kid")  # type: ignore[no-untyped-call]
        if not isinstance(key_id, str):
            raise Unauthenticated("the push token names no key")
        certificates = keys.certificates(key_id)
        claims: Mapping[str, Any] = jwt.decode(token, certificates, clock_skew_in_seconds=_SKEW)  # type: ignore[no-untyped-call]
    except (ValueError, GoogleAuthError, RecursionError) as error:  # RecursionError: JSON of thousands of brackets.
        raise Unauthenticated("the push token is not valid") from error
    return claims
