"""Ids: a type prefix and 128 random bits in base32, or the same shape derived from a digest."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from shared.kit.errors import Unprocessable

CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@~-]{0,127}")
"""What a caller may choose as a session or user id: safe as a path segment in every store."""


def new_id(prefix: str) -> str:
    """`prefix_` and 26 characters: 128 random bits, lower-case base32."""
    return f"{prefix}_{_base32(secrets.token_bytes(16))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same shape, always the same for the same parts; the parts are length-prefixed, so they cannot run together."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return f"{prefix}_{_base32(digest.digest()[:16])}"


def client_id(value: str, name: str) -> str:
    """`value` if it may be used as an id. Raises Unprocessable, naming the field, if not."""
    if not CLIENT_ID.fullmatch(value):
        raise Unprocessable(
            f"{name} must be 1 to 128 characters from A-Z a-z 0-9 _ . : @ ~ - and start with a letter or a digit",
            fields=((name, "not usable as an id"),),
        )
    return value


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
