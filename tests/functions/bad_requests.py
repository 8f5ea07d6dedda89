"""Requests that must be refused: what HTTP itself forbids, and what our own limits and readers forbid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.raw_http import CLOSED

CRLF = b"\r\n"
MB = 1024 * 1024
BOUNDARY = "b0undary"
SESSIONS = "/sessions"
RUNS = "/agents/assistant/runs"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True, slots=True)
class Bad:
    """One request. `says`: words that the detail must hold; `statuses`: what may be answered, any 4xx when empty.

    CLOSED is allowed where what is sent is not HTTP: the server may then close the connection without a word.
    """

    name: str
    request: bytes
    statuses: tuple[int, ...] = ()
    says: str = ""
    half_close: bool = False
    function: str = "api"


def request(
    method: str, target: str | bytes, key: str, *headers: str | bytes, body: bytes | None = None, version: str = "HTTP/1.1"
) -> bytes:
    """A request with the given header lines; Content-Length comes with a body."""
    place = target.encode() if isinstance(target, str) else target
    lines: list[str | bytes] = [f"{method} ".encode() + place + f" {version}".encode(), "Host: localhost", f"Authorization: Bearer {key}"]
    lines += headers
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = CRLF.join(line.encode("latin-1") if isinstance(line, str) else line for line in lines)
    return head + CRLF + CRLF + (body or b"")


def bad_requests(key: str) -> Iterator[Bad]:
    """All of them, signed with `key`."""
    yield from _bodies(key)
    yield from _forms(key)
    yield from _sizes(key)
    yield from _lengths(key)
    yield from _lines(key)
    yield from _addresses(key)


def _bodies(key: str) -> Iterator[Bad]:
    def post(name: str, body: bytes, *statuses: int, says: str = "", media: str = "application/json") -> Bad:
        return Bad(name, request("POST", SESSIONS, key, f"Content-Type: {media}", body=body), statuses, says)

    def value(text: bytes) -> bytes:
        return b'{"session_state": {"a": ' + text + b"}}"

    deep = 100_000
    yield post("lists 100,000 deep", b"[" * deep, 400, says="nested more than 32")
    yield post("objects 100,000 deep", value(b'{"a":' * deep + b"1" + b"}" * deep), 400, says="nested more than 32")
    for number in (b"NaN", b"Infinity", b"-Infinity"):
        yield post(f"the number {number.decode()}", value(number), 400, says="not a JSON number")
    for number in (b"1e400", b"-1e400", b"9223372036854775808", b"-9223372036854775809", b"9" * 100_000):
        yield post(f"the number {number[:20].decode()}", value(number), 400, says="too large")
    yield post("a name twice", b'{"user_id": "a", "user_id": "b"}', 400, says="same name twice")
    yield post("a name twice inside", value(b'{"a": 1, "a": 2}'), 400, says="same name twice")
    yield post("an escaped half of a surrogate pair", value(b'"\\ud800"'), 400, says="surrogate")
    yield post("half of a surrogate pair in a name", value(b'{"\\udfff": 1}'), 400, says="surrogate")
    yield post("an encoded half of a surrogate pair", value(b'"\xed\xa0\x80"'), 400, says="UTF-8")
    yield post("bytes that are not UTF-8", value(b'"\xff"'), 400, says="UTF-8")
    yield post("UTF-16", '{"session_name": "a"}'.encode("utf-16"), 400, says="UTF-8")
    yield post("a byte order mark", b"\xef\xbb\xbf{}", 400, says="JSON")
    for text in (b"", b" ", b"{", b'{"a":', b"{}x", b"{'a': 1}", b'"', b"{,}", b"\x00"):
        yield post(f"the JSON {text!r}", text, 400, says="JSON")
    for text in (b"[]", b'"a"', b"1", b"null", b"true"):
        yield post(f"the JSON {text!r}", text, 422, says="body")
    yield post("a text", b"hello", 415, says="application/json", media="text/plain")
    yield post("a form", b"a=1", 415, says="application/json", media=URLENCODED)
    yield post("a charset", b"{}", 415, says="charset=utf-8", media="application/json; charset=latin-1")
    compressed = request("POST", SESSIONS, key, "Content-Type: application/json", "Content-Encoding: gzip", body=b"\x1f\x8b")
    yield Bad("gzip", compressed, (415,), "Content-Encoding")
    yield post("gzip without saying so", b"\x1f\x8b\x08\x00\x00", 400, says="UTF-8")
    yield Bad("no media type", request("POST", SESSIONS, key, body=b"{}"), (415,), "Content-Type")
    yield Bad("no body", request("POST", SESSIONS, key, "Content-Type: application/json"), (400,), "JSON")


def _forms(key: str) -> Iterator[Bad]:
    def post(name: str, media: str, body: bytes, *statuses: int, says: str = "", path: str = RUNS) -> Bad:
        return Bad(name, request("POST", path, key, f"Content-Type: {media}", body=body), statuses, says, function="chat")

    def part(content: bytes = b"hello", disposition: str = 'form-data; name="message"') -> bytes:
        return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + CRLF

    end = f"--{BOUNDARY}--\r\n".encode()
    yield post("a form with bytes that are not UTF-8", URLENCODED, b"message=\xff", 400, says="UTF-8")
    yield post("a form with escapes that are not UTF-8", URLENCODED, b"message=%ff%fe", 400, says="UTF-8")
    yield post("a form with 10,000 fields", URLENCODED, b"&".join(b"f%d=1" % n for n in range(10_000)), 400, says="200")
    yield post("a form with a field twice", URLENCODED, b"message=a&message=b", 422, says="message")
    yield post("a form without its field", URLENCODED, b"stream=false", 422, says="message")
    yield post("a form over 8 MiB", URLENCODED, b"message=" + b"a" * (9 * MB), 413, says="multipart/form-data")
    yield post("a message over its limit", URLENCODED, b"message=" + b"a" * (2 * MB), 422, says="message")
    yield post("pictures of nothing", URLENCODED, b"message=a&images=[" + b"{}," * (2 * MB) + b"{}]", 413, says="images")
    yield post("JSON over 1 MiB", "application/json", b'{"message": "' + b"a" * (2 * MB) + b'"}', 413, says="multipart/form-data")
    yield post("multipart without a boundary", "multipart/form-data", part() + end, 400, says="boundary")
    yield post("multipart with another boundary", "multipart/form-data; boundary=other", part() + end, 400, says="multipart")
    yield post("multipart that does not end", MULTIPART, part(), 400, says="closing boundary")
    yield post("multipart that is empty", MULTIPART, b"", 400, says="multipart")
    yield post("multipart that is nothing but its end", MULTIPART, end, 400, 422)
    yield post("multipart with 10,000 fields", MULTIPART, part() * 10_000 + end, 413, says="200 fields")
    yield post("multipart with a field over 1 MiB", MULTIPART, part(b"a" * (MB + 1)) + end, 413, says="message")
    yield post("multipart with a field that is not UTF-8", MULTIPART, part(b"\xff") + end, 400, says="UTF-8")
    yield post("multipart with a field without a name", MULTIPART, part(disposition="form-data") + end, 400, 422)
    yield post("multipart without a disposition", MULTIPART, f"--{BOUNDARY}\r\n\r\nhello\r\n".encode() + end, 400, says="multipart")
    yield post("multipart with a header of 1 MB", MULTIPART, part(disposition="form-data; name=" + "a" * MB) + end, 400, 422)
    upload = part(b"%PDF", 'form-data; name="files"; filename="a.pdf"')
    yield post("21 files", MULTIPART, part() + upload * 21 + end, 413, says="20 files")
    yield post("an empty file", MULTIPART, part() + part(b"", 'form-data; name="files"; filename="a.pdf"') + end, 400, says="empty")
    yield post("a program", MULTIPART, part() + part(b"MZ", 'form-data; name="files"; filename="a.exe"') + end, 400, says="type")
    yield post("a file where none is taken", MULTIPART, upload + end, 422, says="no files", path=f"{RUNS}/run_1/cancel")


def _sizes(key: str) -> Iterator[Bad]:
    json = "Content-Type: application/json"
    large = b'{"session_name": "' + b"a" * (30 * 1000 * 1000) + b'"}'
    yield Bad("a body of 30 MB", request("POST", SESSIONS, key, json, body=large), (413,), "1048576 bytes")
    chunked = b"%x\r\n" % len(large) + large + b"\r\n0\r\n\r\n"
    yield Bad("a chunked body of 30 MB", request("POST", SESSIONS, key, json, "Transfer-Encoding: chunked") + chunked, (413, CLOSED))
    yield Bad("a length of 10^30", request("POST", SESSIONS, key, json, f"Content-Length: {10**30}"), (413, 400), half_close=True)
    yield Bad("a path of 2 MB", request("GET", "/sessions/" + "a" * (2 * MB), key), (400, 413, 414, CLOSED))
    yield Bad("a path of 9 kB", request("GET", "/sessions/" + "a" * 9_000, key), (400, 413, 414))
    yield Bad("a file's name of 5 kB", request("GET", "/" + "a" * 5_000, key), (404, 414))
    yield Bad("a query of 2 MB", request("GET", "/sessions?user_id=" + "a" * (2 * MB), key), (400, 413, 414, CLOSED))
    yield Bad("10,000 headers", request("GET", SESSIONS, key, *(f"X-{n}: 1" for n in range(10_000))), (400, 413, 431, CLOSED))
    yield Bad("101 headers", request("GET", SESSIONS, key, *(f"X-{n}: 1" for n in range(101))), (400, 413, 431, CLOSED))
    yield Bad("a header of 1 MB", request("GET", SESSIONS, key, "X-Long: " + "a" * MB), (400, 413, 431, CLOSED))
    yield Bad("an idempotency key of 256", request("POST", SESSIONS, key, json, "Idempotency-Key: " + "a" * 256, body=b"{}"), (400,), "255")
    yield Bad("an idempotency key of two words", request("POST", SESSIONS, key, json, "Idempotency-Key: a b", body=b"{}"), (400,), "255")


def _lengths(key: str) -> Iterator[Bad]:
    def post(
        name: str, *headers: str, body: bytes = b"{}", statuses: tuple[int, ...] = (), says: str = "", version: str = "HTTP/1.1"
    ) -> Bad:
        head = request("POST", SESSIONS, key, "Content-Type: application/json", *headers, version=version)
        return Bad(name, head + body, statuses, says, half_close=True)

    chunked, whole = "Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n"
    closed = (400, 501, CLOSED)
    yield post("a length that is too long", "Content-Length: 100", statuses=(400,), says="Content-Length")
    for length in ("-1", "+2", "2.0", "0x2", "two", "", "2, 2", "2 2", "²"):
        yield post(f"the length {length!r}", f"Content-Length: {length}", statuses=closed)
    yield post("two lengths", "Content-Length: 2", "Content-Length: 3", statuses=closed)
    yield post("a length and chunks", "Content-Length: 2", chunked, body=whole, statuses=closed)
    for size in (b"zz", b"-2", b"0x2", b"2 2", b"", b"+2", b"f" * 40):
        yield post(f"the chunk size {size!r}", chunked, body=size + b"\r\n{}\r\n0\r\n\r\n", statuses=closed)
    yield post("chunks that do not end", chunked, body=b"2\r\n{}\r\n", statuses=closed)
    yield post("a chunk that is shorter than its size", chunked, body=b"ff\r\n{}", statuses=closed)
    yield post("a chunk that is longer than its size", chunked, body=b"1\r\n{}\r\n0\r\n\r\n", statuses=closed)
    for coding in (
        "xchunked",
        "chunked, identity",
        "identity, chunked, chunked",
        "\x0bchunked",
        "chunked\x00",
        '"chunked"',
    ):
        yield post(f"the coding {coding!r}", f"Transfer-Encoding: {coding}", body=whole, statuses=closed)
    yield post("a coding twice", chunked, chunked, body=whole, statuses=closed)
    yield post("a coding with a space before its colon", "Transfer-Encoding : chunked", body=whole, statuses=closed)
    yield post("chunks in HTTP/1.0", chunked, body=whole, statuses=closed, version="HTTP/1.0")


def _lines(key: str) -> Iterator[Bad]:
    def get(name: str, *headers: str | bytes, statuses: tuple[int, ...] = (400, CLOSED)) -> Bad:
        return Bad(name, request("GET", "/config", key, *headers), statuses)

    for name, header in (
        ("a header with NUL", b"X-A: a\x00b"),
        ("a header with CR", b"X-A: a\rX-B: b"),
        ("a header with a space in its name", b"X A: b"),
        ("a header with a space before its colon", b"X-A : b"),
        ("a header without a name", b": b"),
        ("a header without a colon", b"nonsense"),
        ("a folded header", b"X-A: a\r\n b: c"),
        ("a header name that is not ASCII", "X-É: b".encode()),
    ):
        yield get(name, header)
    for method in ("TRACE", "FROB", "get", "CONNECT"):
        yield Bad(f"the method {method}", request(method, "/config", key), (400, 404, 405, 501, CLOSED))
    for version in ("HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "HTTP/1.1x", "ICY/1.0", ""):
        yield Bad(f"the version {version!r}", request("GET", "/config", key, version=version), (400, 505, CLOSED), half_close=True)
    for line in (b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n", b"\r\n" * 10, b"\x00" * 100):
        yield Bad(f"the bytes {line[:12]!r}", line, (400, 405, 505, CLOSED), half_close=True)
    yield Bad("DELETE where it is not possible", request("DELETE", "/config", key), (405,), "GET")
    yield Bad("an expectation", request("GET", "/config", key, "Expect: a miracle"), (400, 417))
    expects = request("POST", SESSIONS, key, "Content-Type: application/json", "Expect: 100-continue", f"Content-Length: {30 * MB}")
    yield Bad("an expectation to be let through with 30 MB", expects, (413, 417), half_close=True)


def _addresses(key: str) -> Iterator[Bad]:
    for target in (
        *("/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/%2e%2e%2fpyproject.toml", "/..%5cpyproject.toml"),
        *("//etc/passwd", "/%2fetc%2fpasswd", "/./../pyproject.toml", "/style.css/../../pyproject.toml", "/....//pyproject.toml"),
        *("/%c0%ae%c0%ae/pyproject.toml", "/index.html%00", "/%00", "/.git/config", "/sessions/..%2f..%2fkeys", "/%", "/%zz"),
        *("/sessions/%ff", "/sessions/%00", "/sessions/%ed%a0%80", "/sessions/a%0d%0aX-Injected:%20yes", "/sessions/%zz", "/sessions/%20"),
        *("/sessions?user_id=%ff", "/sessions?user_id=%00", "/sessions?limit=%F0%9F%98%80", "/sessions?limit=1%0d%0aX-Injected:%20yes"),
        *("/sessions?limit=1&limit=2", "/sessions?" + "a=1&" * 300, "/sessions?limit=٣", "/sessions?limit=1e400", "/sessions?limit=NaN"),
    ):
        yield Bad(f"the address {target[:60]}", request("GET", target, key))
    for raw in (b"/sessions/\xff", b"/sessions?user_id=\xff", b"/sessions/a b", b"/sessions/\x01", b"/\r", b"*"):
        yield Bad(f"the address {raw!r}", request("GET", raw, key), (400, 404, 422, 505, CLOSED))
