"""Passwords as scrypt hashes, in the parameters that OWASP's password storage sheet gives (N = 2^17, r = 8, p = 1; 128 MiB)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_N, _R, _P = 2**17, 8, 1
_MEMORY = 256 * 1024 * 1024


def hash_password(password: str) -> str:
    """`scrypt$salt$hash`, both hex; takes about 0.3 s on purpose."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_derive(password, salt).hex()}"


def check_password(password: str, stored: str) -> bool:
    """Whether the password is the one that was hashed; False for a malformed hash."""
    kind, _, rest = stored.partition("$")
    salt, _, digest = rest.partition("$")
    if kind != "scrypt" or not salt or not digest:
        return False
    return hmac.compare_digest(_derive(password, bytes.fromhex(salt)).hex(), digest)


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=32)
