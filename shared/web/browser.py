"""What only browsers bring: the cookie that a sign-in is renewed with, and the origin of the page that asks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from werkzeug.http import dump_cookie, parse_cookie

from shared.kit.errors import Forbidden
from shared.web.call import Call

_PATH: Final = "/auth"
"""No other route is ever sent the cookie."""


def refresh_token(call: Call) -> str:
    """The refresh token of the caller's cookie; empty without one."""
    return parse_cookie(call.headers.get("cookie")).get(_name(call), "")


def cookie(call: Call, token: str, seconds: int) -> dict[str, str]:
    """The header that keeps a refresh token in the browser, out of the reach of scripts and of other sites; 0 seconds remove it."""
    value = dump_cookie(
        _name(call), token, max_age=seconds, path=_PATH, secure=_is_https(call), httponly=True, samesite="Strict", expires=None
    )
    return {"Set-Cookie": value}


def require_own_page(call: Call, allowed: Collection[str], *, always: bool = True) -> None:
    """Raises Forbidden unless the request comes from a page of our own or of an allowed origin.

    A cookie comes along whoever makes the browser send the request, so one without `Origin` is refused too; `always=False` lets it
    pass, for requests that prove themselves by what they carry.
    """
    origin = call.headers.get("origin")
    if origin is None and not always:
        return
    host = call.url.partition("://")[2]
    own = f"{'https' if _is_https(call) else 'http'}://{host}"
    if origin is None or (origin != own and origin not in allowed):
        raise Forbidden("only the web app's own pages may ask this: Origin is missing or not one of REGGIE_ORIGINS")


def _is_https(call: Call) -> bool:
    """Whether the browser spoke https. Cloud Run ends TLS and tells so in a header; whoever forges it only makes the cookie stricter."""
    return call.url.startswith("https://") or call.headers.get("x-forwarded-proto", "").lower() == "https"


def _name(call: Call) -> str:
    # The prefix makes a browser refuse the cookie from a page without TLS (RFC 6265bis, 4.1.3.1).
    return "__Secure-reggie_refresh" if _is_https(call) else "reggie_refresh"
