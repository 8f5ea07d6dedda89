"""The checks that every access token passes, whoever signed it: RFC 7519, with the advice of RFC 8725.

Only asymmetric algorithms are ever named, only keys of the issuer's own set are tried, and what a token's header says about where its
key could be had (`jku`, `jwk`, `x5u`, `x5c`) is not looked at. PyJWT is imported with the first token: with cryptography it takes some
50 ms, which a cold start for an API key need not pay.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from shared.identity.models import Claims
from shared.kit.errors import Unauthenticated

Jwk = Mapping[str, Any]

LEEWAY: Final = 10
"""Seconds that an issuer's clock may differ from ours."""
_LONGEST: Final = 8192
"""Characters: as many as fit a request's headers."""
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KEY_TYPES: Final = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
"""Algorithm to `kty` and `crv` (RFC 7518, RFC 8037). There is no symmetric one: a public key must never do as a shared secret."""
_LATEST: Final = 253_402_300_799
"""The end of the year 9999, the last time that a datetime can tell."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an issuer's tokens look like."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    types: tuple[str | None, ...]
    """Values of the header `typ`; None where it may be left out."""
    required: tuple[str, ...] = ("iss", "aud", "sub", "exp", "iat")


def verified(token: str, rules: Rules, key_of: Callable[[str], Jwk | None]) -> Claims:
    """The claims of a token that keeps the rules; `key_of` gives the issuer's key by its id.

    Raises Unauthenticated, always in the same words.
    """
    refused = Unauthenticated("the bearer token is neither a complete API key (rg_...) nor an access token that is good now; sign in again")
    if len(token) > _LONGEST or not _SHAPE.fullmatch(token):
        raise refused
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        algorithm, key = _named(header, rules, key_of)
        claims = jwt.decode(
            token,
            jwt.PyJWK(dict(key), algorithm),
            algorithms=[algorithm],
            issuer=rules.issuer,
            audience=rules.audience,
            leeway=LEEWAY,
            options={"require": list(rules.required), "enforce_minimum_key_length": True},
        )
        return _claims(claims, rules)
    # ValueError, TypeError, OverflowError: claims of another type than theirs. RecursionError: JSON of thousands of brackets.
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise refused from None


def _named(header: Mapping[str, Any], rules: Rules, key_of: Callable[[str], Jwk | None]) -> tuple[str, Jwk]:
    """The algorithm and the key that a header names. Raises ValueError unless both are the issuer's and fit each other."""
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ")
    if algorithm not in rules.algorithms or not isinstance(algorithm, str):
        raise ValueError("another algorithm")
    if (kind.removeprefix("application/").lower() if isinstance(kind, str) else kind) not in rules.types:
        raise ValueError("a token for another purpose")
    if "crit" in header or not isinstance(key_id, str):
        raise ValueError("extensions, or no key")
    key = key_of(key_id)
    if key is None or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        raise ValueError("no such key for signatures")
    if (key.get("kty"), key.get("crv")) != _KEY_TYPES[algorithm]:
        raise ValueError("a key of another kind")
    return algorithm, key


def _claims(claims: Mapping[str, Any], rules: Rules) -> Claims:
    times = {name: claims[name] for name in ("exp", "iat", "nbf", "auth_time") if name in claims}
    for value in times.values():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value <= _LATEST:
            raise ValueError("a time that is none")
    subject, audiences = claims["sub"], claims["aud"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ValueError("no subject")
    if claims.get("azp", rules.audience) != rules.audience or (isinstance(audiences, list) and len(audiences) > 1 and "azp" not in claims):
        raise ValueError("made for another client")
    email = claims.get("email", "")
    return Claims(
        issuer=rules.issuer,
        subject=subject,
        email=email if isinstance(email, str) else "",
        email_verified=claims.get("email_verified") is True,
        signed_in_at=datetime.fromtimestamp(times.get("auth_time", times["iat"]), UTC),
        expires_at=datetime.fromtimestamp(times["exp"], UTC),
    )
