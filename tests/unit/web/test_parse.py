"""Reading a request: what one side writes, the other reads back; what does not fit is refused."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared.kit.errors import Invalid, TooLarge, Unsupported
from shared.web import parse
from shared.web.routes import Route

MB = 1024 * 1024
FORM = "application/x-www-form-urlencoded"
ROUTE = Route("POST", "/things", "api", "things.make", "agents:run", accepts=("multipart/form-data", FORM, "application/json"))
TEXT = st.text(max_size=50)
NAME = st.text(st.characters(exclude_characters='"\\\r\n\x00\ufffd', exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
FIELDS = st.dictionaries(NAME, st.lists(TEXT, min_size=1, max_size=3), max_size=5)
FILES = st.lists(st.tuples(NAME, NAME, st.binary(max_size=200)), max_size=4)


def request_of(body: bytes = b"", content_type: str = "", **environ: Any) -> Request:
    return Request(EnvironBuilder(method="POST", data=body, content_type=content_type or None, environ_overrides=environ).get_environ())


def encoded(fields: dict[str, list[str]], files: list[tuple[str, str, bytes]], boundary: str) -> bytes:
    """multipart/form-data as browsers write it: https://html.spec.whatwg.org/#multipart-form-data."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode() + b"\r\n"
        for name, values in fields.items()
        for value in values
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\nContent-Type: text/x-test\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, file, data in files
    ]
    random.Random(0).shuffle(parts)
    ordered = sorted(parts, key=lambda part: b"filename=" in part.partition(b"\r\n\r\n")[0])
    return b"".join(ordered) + f"--{boundary}--\r\n".encode()


def read_or_refused(read: Callable[[], Any]) -> Any:
    """What is read; None when it is refused with a sentence. Anything else is an error."""
    try:
        return read()
    except Invalid as refused:
        message = refused.message
    assert len(message) > 10
    return None


def by_name(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in fields.items()}


@given(FIELDS, FILES, st.text("abcXYZ019'()+_,-./:=?", min_size=1, max_size=70).filter(lambda text: not text.endswith("-")))
@example({"a": ["\r\n--b\r\n", "--b--"]}, [("files", "a.bin", b"\r\n--\r\n\r\n")], "bb")
def test_multipart_is_read_as_it_was_written(fields: dict[str, list[str]], files: list[tuple[str, str, bytes]], boundary: str) -> None:
    mark = f"--{boundary}".encode()
    said = [value.encode() for values in fields.values() for value in values] + [data for _, _, data in files]
    if any(mark in text or text.endswith(b"\r") for text in said):
        return  # A writer chooses a boundary that is nowhere inside.
    body = encoded(fields, files, boundary)
    read, uploads = parse.parse_form(request_of(body, f'multipart/form-data; boundary="{boundary}"'), "multipart/form-data", body)
    assert by_name(read) == by_name(fields)
    assert sorted((file.name, file.filename, file.data) for file in uploads) == sorted(files)
    assert {file.content_type for file in uploads} <= {"text/x-test"}


@given(st.binary(max_size=300))
@example(b"--b\r\n\r\n--b--")
@example(b"--b--")
@example(b"--b\r\nContent-Disposition: form-data; name*=utf-8''%ff\r\n\r\nx\r\n--b--\r\n")
def test_any_bytes_as_multipart_are_read_or_refused(body: bytes) -> None:
    for text in (body, b"--b\r\n" + body, b'--b\r\nContent-Disposition: form-data; name="a"\r\n' + body + b"\r\n--b--\r\n"):
        request = request_of(text, "multipart/form-data; boundary=b")
        read = read_or_refused(lambda: parse.parse_form(request, "multipart/form-data", text))  # noqa: B023
        if read is not None:
            for values in read[0].values():
                "".join(values).encode()


@given(FIELDS)
def test_a_form_and_a_query_are_read_as_they_were_written(fields: dict[str, list[str]]) -> None:
    written = urlencode(fields, doseq=True)
    assert parse.parse_form(request_of(written.encode(), FORM), FORM, written.encode()) == (fields, [])
    assert parse.parse_query(request_of(QUERY_STRING=written)) == fields


@given(st.binary(max_size=200))
def test_any_bytes_as_a_form_are_read_or_refused(body: bytes) -> None:
    read = read_or_refused(lambda: parse.parse_form(request_of(body, FORM), FORM, body))
    if read is not None:
        for name, values in read[0].items():
            "".join((name, *values)).encode()


def plain(value: Any) -> bool:
    """Whether a value holds only what we take."""
    if isinstance(value, dict):
        return all(plain(item) for item in value.values())
    if isinstance(value, list):
        return all(plain(item) for item in value)
    return not (isinstance(value, float) and not math.isfinite(value)) and not (isinstance(value, int) and not -(2**63) <= value < 2**63)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans())
@example(2**63 - 1, True)
@example(-(2**63), True)
@example(2**63, True)
@example(-(2**63) - 1, True)
@example(10**400, True)
@example("\\ud800 is said, not meant", True)
@example('[{"' * 100, True)
def test_json_is_read_as_it_was_written_or_refused(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    if plain(value):
        assert parse.parse_json(body) == value
    else:
        with pytest.raises(Invalid):
            parse.parse_json(body)


@given(st.binary(max_size=100) | st.text('[]{}",:\\ud8001e+-.NaN Infinitytrue\t', max_size=60).map(str.encode))
def test_any_bytes_as_json_are_read_or_refused(body: bytes) -> None:
    value = read_or_refused(lambda: parse.parse_json(body))
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_json_may_be_nested_32_deep_and_no_deeper(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return (opening * depth + "1" + closing * depth).encode()

    parse.parse_json(nested(32))
    with pytest.raises(Invalid, match="32"):
        parse.parse_json(nested(33))


def test_brackets_in_a_text_are_no_depth() -> None:
    text = '[{"' * 1000 + '\\"]'
    assert parse.parse_json(json.dumps({"a": text, "b": [[1], [2]] * 100}).encode())["a"] == text


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", "application/json"),
        ("APPLICATION/JSON; Charset=UTF-8", "application/json"),
        ('application/json; charset="utf-8"', "application/json"),
        ("multipart/form-data; boundary=b", "multipart/form-data"),
        ("", "application/json"),
    ],
)
def test_a_media_type_is_known_however_it_is_written(content_type: str, expected: str) -> None:
    assert parse.media_type(request_of(b"", content_type), ROUTE, b"") == expected


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=utf-16", "json", "application/json, text/plain", ""])
def test_another_media_type_is_refused(content_type: str) -> None:
    with pytest.raises(Unsupported):
        parse.media_type(request_of(b"x", content_type), ROUTE, b"x")


@pytest.mark.parametrize(
    ("media", "limit"), [("multipart/form-data; boundary=b", 9 * MB), ("application/json", MB), (FORM, parse.MAX_URLENCODED), ("", MB)]
)
def test_only_a_body_with_files_may_be_large(media: str, limit: int) -> None:
    assert len(parse.read_body(request_of(b"a" * limit, media), 9 * MB)) == limit
    with pytest.raises(TooLarge, match=str(limit)):
        parse.read_body(request_of(b"a" * (limit + 1), media), 9 * MB)


def test_a_body_that_ends_too_early_is_refused() -> None:
    with pytest.raises(Invalid, match="Content-Length"):
        parse.read_body(request_of(b"abc", CONTENT_LENGTH="4"), MB)


def test_limits_are_what_they_say() -> None:
    parse.check_limits(request_of(RAW_URI="/" + "a" * (parse.MAX_URL - 1)))
    with pytest.raises(TooLarge, match="8192"):
        parse.check_limits(request_of(RAW_URI="/" + "a" * parse.MAX_URL))
    headers: dict[str, Any] = {f"HTTP_X_{number}": "1" for number in range(101)}
    with pytest.raises(TooLarge, match="100 headers"):
        parse.check_limits(request_of(**headers))
    fields = "&".join(f"{quote_plus(str(number))}=1" for number in range(parse.MAX_FIELDS + 1))
    with pytest.raises(Invalid, match="200"):
        parse.parse_query(request_of(QUERY_STRING=fields))
