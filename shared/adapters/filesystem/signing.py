"""Addresses of the local gateway that open one blob for a while, as Cloud Storage's signed addresses do."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from shared.kit.errors import Forbidden

PREFIX = "/_blobs/"
"""Where the local gateway serves signed addresses."""


def signing_key(file: Path) -> bytes:
    """The key in `file`, made on first use with mode 0600; two processes that race get the same one."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        pass
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(secrets.token_bytes(32))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_bytes()


def sign(key: bytes, path: str, method: str, expires: int, content_type: str) -> str:
    """The address of `path` with its query, without a host. `expires` in epoch seconds; no `content_type` leaves it open."""
    query = {"method": method, "expires": str(expires)} | ({"content_type": content_type} if content_type else {})
    return f"{PREFIX}{quote(path)}?{urlencode({**query, 'signature': _signature(key, path, method, str(expires), content_type)})}"


def verify(key: bytes, path_and_query: str, method: str, now: float) -> tuple[str, str]:
    """The blob's path and the content type of a signed address. Raises Forbidden, the same for every reason but expiry."""
    if not path_and_query.startswith(PREFIX):
        raise Forbidden(f"a signed address starts with {PREFIX}")
    address = urlsplit(path_and_query)
    path = unquote(address.path).removeprefix(PREFIX)
    pairs = parse_qsl(address.query, keep_blank_values=True)
    query = dict(pairs)
    expires, content_type = query.get("expires", ""), query.get("content_type", "")
    expected = _signature(key, path, method, expires, content_type)
    genuine = hmac.compare_digest(expected.encode(), query.get("signature", "").encode())
    if not genuine or len(pairs) != len(query) or query.get("method") != method:
        raise Forbidden("this address was not signed here, or not for this method")
    if now >= int(expires):
        raise Forbidden("this address has expired; ask for a new one")
    return path, content_type


def _signature(key: bytes, path: str, method: str, expires: str, content_type: str) -> str:
    text = "\n".join(("reggie-blob-1", method, path, expires, content_type))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
