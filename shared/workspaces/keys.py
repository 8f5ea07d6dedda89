"""API keys: `rg_{environment}_{id}_{secret}{checksum}`.

The prefix and the checksum let a scanner recognise a leaked key without asking us; the id finds the stored digest; the secret is
256 random bits, so a plain SHA-256 of it is safe to keep (there is nothing to guess, unlike a password).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass

from shared.kit.errors import Unauthenticated

KEY_PREFIX = "rg_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH = 43  # 62**43 > 2**256
_CHECKSUM_LENGTH = 6  # 62**6 > 2**32
_KEY = re.compile(rf"rg_([a-z]{{2,8}})_([0-9A-Za-z]{{12}})_([0-9A-Za-z]{{{_SECRET_LENGTH}}})([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once."""

    id: str
    text: str
    digest: str


def new_key(environment: str) -> NewKey:
    """A fresh key for an environment of 2 to 8 lower-case letters, as `dev` or `live`."""
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    body = f"rg_{environment}_{key_id}_{secret}"
    return NewKey(key_id, body + _checksum(body), _digest(secret))


def parse_key(text: str) -> tuple[str, str]:
    """The id and the digest of a presented key. Raises Unauthenticated when it cannot be one of ours, without asking the store."""
    match = _KEY.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-_CHECKSUM_LENGTH]), match[4]):
        raise Unauthenticated("the bearer token is not a Reggie API key; it must look like rg_dev_... and be complete")
    return match[2], _digest(match[3])


def same_digest(left: str, right: str) -> bool:
    """Whether two digests are equal, in constant time."""
    return hmac.compare_digest(left, right)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(digits)
