"""Reading a request strictly: sizes, encodings, JSON, forms. What does not fit is refused with a sentence that says what to change."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData
from werkzeug.wrappers import Request
from werkzeug.wsgi import get_input_stream

from shared.kit.errors import Invalid, TooLarge, Unsupported
from shared.web.call import Upload
from shared.web.routes import DEFAULT_LIMIT, Route

MAX_URL = 8 * 1024
MAX_HEADERS = 100
MAX_DEPTH = 32
MAX_FIELDS = 200
MAX_FILES = 20
_WHOLE_LIMIT = 2**63
"""What every store and every client takes; a longer run of digits is not even converted, as that takes quadratic time."""
MAX_FIELD_BYTES = 1024 * 1024
"""One text field of a form; a message of 900 kB fits."""

MAX_URLENCODED = 8 * 1024 * 1024
"""A form without parts, where a route takes files: agno's client sends pictures and documents in one, as base64."""


def check_limits(request: Request) -> None:
    """Refuse what is too long before anything else is read."""
    environ = request.environ
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path
    if len(raw) > MAX_URL:
        raise TooLarge(f"the address is longer than {MAX_URL} bytes; send long values in the body")
    if sum(1 for name in environ if name.startswith("HTTP_")) > MAX_HEADERS:
        raise TooLarge(f"there are more than {MAX_HEADERS} headers")
    try:
        request.path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Invalid("the address must be UTF-8, percent-encoded") from error
    if "\ufffd" in request.path or "\x00" in request.path:
        raise Invalid("the address must be UTF-8, percent-encoded, without NUL")


def read_body(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes; a longer one is refused before it is read when it says its length.

    Only forms, where files come in, may pass DEFAULT_LIMIT: 32 MiB of JSON can become a gigabyte of small objects.
    """
    too_large = f"the body is larger than {limit} bytes, the most that this route takes"
    content_type = request.headers.get("Content-Type", "").lower()
    most = MAX_URLENCODED if content_type.startswith("application/x-www-form-urlencoded") else DEFAULT_LIMIT
    if limit > most and not content_type.startswith("multipart/"):
        limit = most
        too_large = f"the body is larger than {limit} bytes; send files as multipart/form-data"
    length = request.environ.get("CONTENT_LENGTH") or ""
    if length and not length.isdigit():
        raise Invalid("Content-Length must be a whole number")
    if length and int(length) > limit:
        raise TooLarge(too_large)
    from gunicorn.http.errors import ParseException

    broken = "the body ends before its Content-Length, or its chunks are malformed"
    stream = get_input_stream(request.environ, max_content_length=limit + 1)
    try:
        body: bytes = stream.read(limit + 1)
    except RequestEntityTooLarge as error:
        raise TooLarge(too_large) from error
    except (ClientDisconnected, ParseException, OSError) as error:
        raise Invalid(broken) from error
    if len(body) > limit:
        raise TooLarge(too_large)
    if length and len(body) < int(length):
        raise Invalid(broken)
    return body


def media_type(request: Request, route: Route, body: bytes) -> str:
    """The body's media type, one of the route's. A body without a type is taken as the route's JSON, if it takes JSON."""
    name, options = parse_options_header(request.headers.get("Content-Type", ""))
    name = name.lower()
    charset = options.get("charset", "utf-8").lower()
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unsupported("a compressed body is not read here; leave Content-Encoding out")
    if name in route.accepts:
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise Unsupported("the body must be UTF-8; leave the charset out or set charset=utf-8")
        return name
    if not name and not body:
        return "application/json" if "application/json" in route.accepts else route.accepts[0]
    raise Unsupported(f"this route reads {', '.join(route.accepts)}; set Content-Type to one of them")


def parse_json(body: bytes) -> Any:
    """A JSON value: UTF-8, finite numbers, no repeated names, at most MAX_DEPTH deep, no lone surrogates."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8 (byte {error.start})") from error
    _check_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise Invalid(f"the body is not JSON: {error.msg} at character {error.pos}") from error
    if "\\u" in text:
        check_text(json.dumps(value, ensure_ascii=False))
    return value


def check_text(text: str) -> None:
    """Refuse half a surrogate pair, which no store and no model can take."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Invalid("the body holds half of a surrogate pair (\\ud800 to \\udfff); send whole characters") from error


def parse_query(request: Request) -> dict[str, list[str]]:
    """The query's values by name, in order."""
    return _pairs(request.environ.get("QUERY_STRING", "").encode("latin-1"), "the query")


def parse_form(request: Request, media: str, body: bytes) -> tuple[dict[str, list[str]], list[Upload]]:
    """The text fields by name and the files of a form."""
    if media == "application/x-www-form-urlencoded":
        return _pairs(body, "the form"), []
    _, options = parse_options_header(request.headers.get("Content-Type", ""))
    boundary = options.get("boundary", "")
    if not boundary:
        raise Invalid("a multipart body needs its boundary in Content-Type; let your HTTP client set that header")
    return _multipart(body, boundary.encode("latin-1", "replace"))


def _pairs(raw: bytes, what: str) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise Invalid(f"{what} is not UTF-8") from error
    except ValueError as error:
        raise Invalid(f"{what} cannot be read: {error}; at most {MAX_FIELDS} fields") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\x00" in name:
            raise Invalid(f"{what} has a name with a NUL character")
        fields.setdefault(name, []).append(value)
    return fields


def _multipart(body: bytes, boundary: bytes) -> tuple[dict[str, list[str]], list[Upload]]:
    decoder = MultipartDecoder(boundary, max_form_memory_size=None, max_parts=MAX_FIELDS + MAX_FILES)
    fields: dict[str, list[str]] = {}
    uploads: list[Upload] = []
    part: Field | File | None = None
    content = bytearray()
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                raise Invalid("the multipart body has no closing boundary")
            if isinstance(event, (Field, File)):
                part, content = event, bytearray()
            elif isinstance(event, Data) and part is not None:
                content += event.data
                if not event.more_data:
                    _add_part(part, bytes(content), fields, uploads)
    except RequestEntityTooLarge as error:
        raise TooLarge(f"the form has more than {MAX_FIELDS} fields or {MAX_FILES} files") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid("the multipart body is malformed, or ends before its closing boundary") from error
    return fields, uploads


def _add_part(part: Field | File, content: bytes, fields: dict[str, list[str]], uploads: list[Upload]) -> None:
    name = part.name or ""
    if "\ufffd" in name or "\x00" in name:
        raise Invalid("a field's name is not UTF-8")
    if isinstance(part, File):
        if len(uploads) >= MAX_FILES:
            raise TooLarge(f"at most {MAX_FILES} files can come with one message")
        uploads.append(Upload(name, part.filename or "file", part.headers.get("content-type", "application/octet-stream"), content))
        return
    if len(content) > MAX_FIELD_BYTES:
        raise TooLarge(f"the field {name[:60]!r} is larger than {MAX_FIELD_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"the field {name[:60]!r} is not UTF-8 (byte {error.start})") from error
    fields.setdefault(name, []).append(text)


def _check_depth(text: str) -> None:
    """Count brackets outside strings only when there are enough of them to pass the limit at all."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Invalid(f"the body is nested more than {MAX_DEPTH} deep")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Invalid("an object of the body has the same name twice")
    return value


def _no_constant(name: str) -> Any:
    raise Invalid(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Invalid(f"the number {text[:40]} is too large")
    return value


def _whole(text: str) -> int:
    value = int(text) if len(text) <= 20 else _WHOLE_LIMIT
    if not -_WHOLE_LIMIT <= value < _WHOLE_LIMIT:
        raise Invalid(f"the number {text[:40]} is too large; whole numbers have at most 64 bits")
    return value
