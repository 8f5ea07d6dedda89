"""Answers: JSON, streams, errors, and the headers that every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson
from flask import Response

from shared.kit.errors import Limited, ReggieError, Unauthenticated, Unprocessable
from shared.web.call import Download, Raw, Reply, Stream

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Resource-Policy": "same-site",
    "Cache-Control": "no-store",
}
"""On every answer of the API: it is data, never a page, and nobody's cache may keep it."""

_HARMLESS: Final = frozenset(
    {
        *("text/plain", "text/markdown", "text/csv", "application/json", "application/pdf"),
        *("image/png", "image/jpeg", "image/webp", "image/gif"),
        *("audio/mpeg", "audio/wav", "audio/ogg", "audio/webm", "audio/mp4", "video/mp4", "video/webm"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""Types without scripts; HTML, SVG and XML are not among them."""
_LONGEST_NAME: Final = 150


def answer(result: Any) -> Response:
    """What a handler returned as a response."""
    if isinstance(result, Reply):
        response = answer(result.body)
        response.status_code = result.status
        response.headers.update(result.headers)
        return response
    if isinstance(result, Stream):
        response = Response(result.frames, mimetype="text/event-stream")
        response.headers["Content-Type"] = "text/event-stream; charset=utf-8"
        # nginx and its kin would collect the stream otherwise.
        response.headers["X-Accel-Buffering"] = "no"
        return response
    if isinstance(result, Raw):
        return Response(result.data, content_type=result.content_type)
    if isinstance(result, Download):
        response = Response(result.data, content_type=_safe_type(result.content_type))
        response.headers["Content-Disposition"] = attachment(result.name)
        return response
    if result is None:
        return nothing()
    return Response(dump(result), content_type="application/json")


def attachment(name: str) -> str:
    """The Content-Disposition that has a file saved under its name: RFC 6266, with an ASCII name for what cannot read the other.

    Directories, control and direction characters are dropped, so that the name is the file's and nothing else.
    """
    seen = "".join(character for character in name if character.isprintable() and character not in '/\\:*?"<>|')
    seen = seen.strip(" .")[-_LONGEST_NAME:].lstrip(" .") or "file"
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", seen)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(seen, safe='')}"


def _safe_type(content_type: str) -> str:
    """A file's own type when a browser can do no harm with it."""
    name = content_type.partition(";")[0].strip().lower()
    if name not in _HARMLESS:
        return "application/octet-stream"
    return f"{name}; charset=utf-8" if name.startswith("text/") else name


def nothing(status: int = 204) -> Response:
    """An answer without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]  # Flask would call nothing text/html.
    return response


def dump(value: Any) -> bytes:
    """JSON of plain values and of pydantic models; a model's empty fields are left out, as AgentOS leaves them out."""
    return orjson.dumps(value, default=_plain)


def error(failure: ReggieError, request_id: str) -> Response:
    """`{"detail": sentence, "error_type": kind, "error_id": the request}`, as AgentOS words its errors."""
    body: dict[str, Any] = {"detail": failure.message, "error_type": failure.kind, "error_id": request_id}
    if isinstance(failure, Unprocessable) and failure.fields:
        body["fields"] = [{"field": field, "reason": reason} for field, reason in failure.fields]
    response = Response(orjson.dumps(body), status=failure.status, content_type="application/json")
    if failure.retry_after is not None or isinstance(failure, Limited):
        response.headers["Retry-After"] = str(max(1, round(failure.retry_after or 1)))
    if isinstance(failure, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="reggie"'
    return response


def bug(request_id: str) -> Response:
    """The answer to an error that nobody expected: it tells nothing but where to look for it."""
    body = {"detail": "something went wrong here; quote the error_id when you report it", "error_type": "bug", "error_id": request_id}
    return Response(orjson.dumps(body), status=500, content_type="application/json")


def secure(response: Response, allowed_origins: Iterable[str], origin: str | None, *, credentials: bool = False) -> Response:
    """Add the security headers, and CORS for an origin of the list; no other origin is ever named.

    `credentials` lets that origin's pages send cookies.
    """
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if origin is not None and origin in allowed_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, Idempotent-Replayed, X-Request-Id, X-Run-Id, X-Session-Id, Link"
        response.headers.add("Vary", "Origin")
        if credentials:
            response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def preflight(methods: Iterable[str]) -> Response:
    """The answer to a browser that asks before it sends."""
    response = nothing()
    response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Reggie-Workspace"
    response.headers["Access-Control-Max-Age"] = "600"
    return response


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    raise TypeError(f"{type(value).__name__} cannot be answered with")
