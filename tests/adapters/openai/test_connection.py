"""The HTTP connections below the model client: framing, TLS, proxies, and the wake-up of a blocked read."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Self

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.agno.runner import AgnoRunner, Provider, openai_provider
from shared.adapters.openai.client import ModelServer
from shared.adapters.openai.connection import ChunkedBody, Disconnected, shut_down
from shared.adapters.openai.policy import Health, Policy
from shared.kit.errors import Invalid, ModelFailed
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta
from tests.support.turns import finished, play, turn_input

EVENT = {"choices": [{"index": 0, "delta": {"content": "grüße "}, "finish_reason": None}]}
END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
SSE = (
    b": comment\r\n\r\n"
    + b"".join(b"data: " + orjson.dumps(event) + b"\r\n\r\n" for event in (EVENT, EVENT, END))
    + b"data: [DONE]\r\n\r\n"
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.lists(st.integers(0, 300), max_size=6), st.booleans())
def test_a_chunked_body_is_the_same_wherever_the_network_splits_it(parts: list[bytes], cuts: list[int], trailers: bool) -> None:
    raw = b"".join(b"%x;name=value\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n"
    raw += b"X-Checksum: 1\r\n\r\n" if trailers else b"\r\n"
    body, found = ChunkedBody(), b""
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    for start, end in pairwise(edges):
        assert not (body.ended and end > start)
        found += body.feed(raw[start:end])
    assert found == b"".join(parts)
    assert body.ended


@pytest.mark.parametrize("raw", [b"zz\r\n", b"-5\r\nhello\r\n", b"\r\n", b"5" * 70_000])
def test_a_chunked_body_that_is_none_is_a_broken_connection(raw: bytes) -> None:
    with pytest.raises(Disconnected):
        ChunkedBody().feed(raw)


class Server:
    """Accepts connections one after the other and answers each request with the given bytes, then closes if told."""

    def __init__(self, answer: list[bytes], context: ssl.SSLContext | None = None, pause: float = 0.0, close: bool = True) -> None:
        self.requests: list[bytes] = []
        self._answer, self._pause, self._close = answer, pause, close
        self._listener = socket.create_server(("127.0.0.1", 0))
        if context:
            self._listener = context.wrap_socket(self._listener, server_side=True)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._listener.fileno() >= 0:
            try:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self.requests.append(request_on(connection))
                for part in self._answer:
                    connection.sendall(part)
                    time.sleep(self._pause)
                if self._close:
                    connection.close()
            except OSError:
                continue  # The client left, as some tests want, or the listener was closed.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shut_down(self._listener)
        for each in (self._listener, *self._open):
            each.close()
        self._thread.join(5)


def request_on(connection: socket.socket) -> bytes:
    """One whole request: closing with some of it unread would reset the connection, and the answer with it."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    size = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < size:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def runner_at(address: str, **policy: float) -> AgnoRunner:
    return AgnoRunner({"local": Provider(address, "k")}, Policy(retries=0, **policy))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "head",
    [HEAD + b"\r\n", HEAD + b"Connection: close\r\n\r\n", HEAD + b"Content-Length: %d\r\n\r\n" % len(SSE)],
    ids=["until the connection ends", "closed on purpose", "with its length"],
)
def test_an_answer_without_chunks_is_read_too(head: bytes) -> None:
    with Server([head + SSE]) as server:
        assert finished(play(runner_at(f"http://127.0.0.1:{server.port}/v1"), turn_input("hi"))).content == "grüße grüße "


def test_an_answer_that_comes_byte_by_byte_is_the_same() -> None:
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (SSE[:70], SSE[70:])) + b"0\r\n\r\n"
    raw = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked
    with Server([raw[n : n + 1] for n in range(len(raw))], pause=0.0002) as server:
        assert finished(play(runner_at(f"http://127.0.0.1:{server.port}/v1"), turn_input("hi"))).content == "grüße grüße "


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>no</html>",
        HEAD + b"\r\ndata: []\n\n",
        HEAD + b'\r\ndata: {"choices":[{"delta":{"content":5}}]}\n\n',
        HEAD + b'\r\ndata: {"choices":"none"}\n\n',
        HEAD + b'\r\ndata: {"error":{"message":"overloaded"}}\n\n',
        HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"",
    ],
)
def test_a_server_that_speaks_something_else_fails_in_words(answer: bytes) -> None:
    with Server([answer]) as server, pytest.raises(ModelFailed) as failure:
        play(runner_at(f"http://127.0.0.1:{server.port}/v1"), turn_input("hi"))
    assert failure.value.kind in ("interrupted", "model_unavailable")


def test_a_server_that_only_sends_comments_is_not_waited_for() -> None:
    with Server([HEAD + b"\r\n", *[b": still here\n\n"] * 200], pause=0.02) as server, pytest.raises(ModelFailed) as failure:
        play(runner_at(f"http://127.0.0.1:{server.port}/v1", first_token=0.3), turn_input("hi"))
    assert failure.value.kind == "model_timeout"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1, as a file to trust and as a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


def test_an_answer_over_tls_is_read_and_a_stop_wakes_its_reader(
    authority: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server([HEAD + b"\r\n" + SSE], context) as server:
        assert finished(play(runner_at(f"https://127.0.0.1:{server.port}/v1"), turn_input("hi"))).content == "grüße grüße "
    with Server([HEAD + b"\r\n" + SSE[:120]], context, close=False) as server:
        stop = StopSignal()
        for event in runner_at(f"https://127.0.0.1:{server.port}/v1").run(turn_input("hi"), stop):
            if isinstance(event, Delta):
                stopped = time.monotonic()
                threading.Timer(0.2, stop.set, ("cancelled",)).start()
        assert time.monotonic() - stopped < 0.5


def test_a_certificate_that_nobody_vouches_for_is_refused(authority: tuple[Path, ssl.SSLContext]) -> None:
    with Server([b""], authority[1]) as server, pytest.raises(ModelFailed) as failure:
        play(runner_at(f"https://127.0.0.1:{server.port}/v1"), turn_input("hi"))
    assert failure.value.kind == "model_unavailable"
    assert server.requests == []


def test_a_proxy_that_the_environment_names_is_asked_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server([b"HTTP/1.1 403 No\r\n\r\n"]) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(ModelFailed):
            play(runner_at("https://models.example/v1"), turn_input("hi"))
    assert proxy.requests[0].startswith(b"CONNECT models.example:443 HTTP/1.")
    assert b"Basic " + base64.b64encode(b"me:p@ss") in proxy.requests[0]


def test_openai_is_known_by_its_host_alone() -> None:
    def server(base_url: str) -> ModelServer:
        return ModelServer(base_url, "k", Policy(), Health(Policy()))

    assert server("https://api.openai.com/v1").is_openai
    assert server("https://eu.api.openai.com/v1").is_openai
    assert not server("https://api.notopenai.com/v1").is_openai
    assert not server("https://openai.com.example/v1").is_openai


def test_the_provider_comes_from_the_two_variables() -> None:
    assert openai_provider({}) is None
    assert openai_provider({"OPENAI_API_KEY": "k"}) == Provider("https://api.openai.com/v1", "k", pdf=True)
    assert openai_provider({"OPENAI_BASE_URL": "http://h/v1"}) == Provider("http://h/v1", "", pdf=True)
    with pytest.raises(Invalid, match="http"):
        AgnoRunner({"local": Provider("h:80/v1", "")})
