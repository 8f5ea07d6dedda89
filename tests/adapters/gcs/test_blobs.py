"""What only the Cloud Storage adapter must do: few tries, settled lost replies, addresses signed by IAM."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from shared.adapters.gcs import calls
from shared.adapters.gcs.blobs import GcsBlobStore
from shared.adapters.gcs.signing import signing_credentials
from shared.kit.errors import Conflict, Unavailable
from tests.support.storage_credentials import make_bucket, private_key, service_account
from tests.support.storage_server import storage_server  # noqa: F401  # A fixture, found by name.

ROOT = Path(__file__).parents[3]


class Interruption:
    """A proxy before the storage server that answers 503 in place of the server; `lost` of them after the server did the work."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.refused = 0
        self.lost = 0
        self.requests = 0
        self.between = lambda: None

    def forward(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.requests += 1
        if self.refused:
            self.refused -= 1
            self.answer(handler, 503, {}, b"{}")
            return
        request = urllib.request.Request(self.target + handler.path, body or None, dict(handler.headers), method=handler.command)
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                status, headers, data = response.status, dict(response.headers), response.read()
        except urllib.error.HTTPError as error:
            with error:
                status, headers, data = error.code, dict(error.headers), error.read()
        if self.lost:
            self.lost -= 1
            self.between()
            status, headers, data = 503, {}, b"{}"
        self.answer(handler, status, headers, data)

    def answer(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], data: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            if name.lower().startswith("x-goog") or name.lower() == "content-type":
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


@contextmanager
def serving(interruption: Interruption) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            interruption.forward(self)

        def do_POST(self) -> None:
            interruption.forward(self)

        def do_DELETE(self) -> None:
            interruption.forward(self)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that gave up waiting is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def direct(storage_server: str, monkeypatch: pytest.MonkeyPatch) -> GcsBlobStore:  # noqa: F811
    """A store that reaches the server without the proxy; connected at once, while the variable points there."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_server)
    store = GcsBlobStore(make_bucket())
    store.bucket()
    return store


@pytest.fixture
def interruption(direct: GcsBlobStore, storage_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Interruption]:  # noqa: F811
    interruption = Interruption(storage_server)
    with serving(interruption) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        yield interruption


@pytest.fixture
def store(direct: GcsBlobStore, interruption: Interruption) -> GcsBlobStore:
    return GcsBlobStore(direct.bucket().name)


def test_two_refusals_are_survived(store: GcsBlobStore, interruption: Interruption) -> None:
    blobs = store.open("w")
    blobs.put("a", b"data", "text/plain")
    for read in (lambda: blobs.get("a"), lambda: blobs.stat("a"), blobs.list, lambda: b"".join(blobs.stream("a"))):
        interruption.refused = 2
        read()


def test_a_server_that_goes_on_refusing_is_unavailable_after_three_tries(store: GcsBlobStore, interruption: Interruption) -> None:
    store.bucket()
    interruption.refused, interruption.requests = 100, 0
    with pytest.raises(Unavailable):
        store.open("w").get("a")
    assert interruption.requests == 3


def test_a_dead_server_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        GcsBlobStore("bucket").open("w").put("a", b"", "text/plain")


def test_a_server_that_never_answers_is_given_up(
    store: GcsBlobStore, interruption: Interruption, direct: GcsBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = store.open("w")
    blobs.put("a", b"", "text/plain")
    release = threading.Event()
    interruption.lost, interruption.between = 100, lambda: (release.wait(10), None)[1]
    monkeypatch.setattr("shared.adapters.gcs.blobs.TIMEOUT", 0.1)
    try:
        with pytest.raises(Unavailable):
            blobs.get("a")
    finally:
        release.set()


def test_a_creation_whose_reply_was_lost_is_a_success(store: GcsBlobStore, interruption: Interruption) -> None:
    blobs = store.open("w")
    interruption.lost = 1
    written = blobs.put("a", b"mine", "text/plain", if_generation=0)
    assert blobs.stat("a") == written


def test_a_lost_reply_does_not_claim_somebody_elses_equal_write(
    store: GcsBlobStore, interruption: Interruption, direct: GcsBlobStore
) -> None:
    blobs = store.open("w")

    def somebody_else_writes_the_same() -> None:
        direct.open("w").put("a", b"same", "text/plain")

    interruption.lost, interruption.between = 1, somebody_else_writes_the_same
    with pytest.raises(Conflict):
        blobs.put("a", b"same", "text/plain", if_generation=0)


def test_a_delete_whose_reply_was_lost_is_a_success(store: GcsBlobStore, interruption: Interruption) -> None:
    blobs = store.open("w")
    blobs.put("a", b"", "text/plain")
    interruption.lost = 1
    blobs.delete("a")
    assert blobs.list() == []


def test_a_bug_is_not_retried() -> None:
    tries: list[int] = []

    def broken() -> None:
        tries.append(1)
        raise KeyError("bug")

    with pytest.raises(KeyError):
        calls.call(broken, "a")
    assert len(tries) == 1


def test_signed_addresses_carry_expiry_method_and_type_and_the_accounts_signature(direct: GcsBlobStore) -> None:
    address = GcsBlobStore(direct.bucket().name, signing=service_account()).open("w").signed_url("a@b", "PUT", 90, "image/png")
    assert_signed(address, "PUT", "content-type:image/png\n", "content-type;host", 90)


def test_without_a_key_iam_signs(direct: GcsBlobStore) -> None:
    asked: list[dict[str, Any]] = []

    def iam(url: str, method: str, body: bytes, headers: dict[str, str], **_: object) -> SimpleNamespace:
        asked.append({"url": url, "authorization": headers["authorization"]})
        payload = base64.b64decode(json.loads(body)["payload"])
        signed = base64.b64encode(private_key().sign(payload, padding.PKCS1v15(), hashes.SHA256())).decode()
        return SimpleNamespace(status=200, data=json.dumps({"keyId": "1", "signedBlob": signed}).encode())

    credentials = signing_credentials(MetadataCredentials(), request=iam)
    address = GcsBlobStore(direct.bucket().name, signing=credentials).open("w").signed_url("a", "GET", 60)
    assert_signed(address, "GET", "", "host", 60)
    [call] = asked
    assert call["url"].startswith("https://iamcredentials.googleapis.com/")
    assert call["url"].endswith("/tests@example.iam.gserviceaccount.com:signBlob")
    assert call["authorization"] == "Bearer token-of-the-metadata-server"


def test_nothing_signs_beside_an_emulator(direct: GcsBlobStore) -> None:
    with pytest.raises(Unavailable):
        direct.open("w").signed_url("a", "GET", 60)


def test_the_client_library_is_imported_on_first_use_only() -> None:
    program = (
        "import sys; from shared.adapters.gcs.blobs import GcsBlobStore; GcsBlobStore('b').open('w');"
        "print([m for m in sys.modules if m.startswith(('google', 'requests'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert ran.stdout.strip() == "[]", ran.stderr


class MetadataCredentials:
    """Credentials as Cloud Run has them: a token, no key, the account's name known after the first refresh."""

    valid = False
    service_account_email = "default"
    universe_domain = "googleapis.com"

    def refresh(self, request: object) -> None:
        self.valid = True
        self.service_account_email = "tests@example.iam.gserviceaccount.com"

    def before_request(self, request: object, method: str, url: str, headers: dict[str, str]) -> None:
        headers["authorization"] = "Bearer token-of-the-metadata-server"


def assert_signed(address: str, method: str, header_lines: str, signed_headers: str, seconds: int) -> None:
    """Build the canonical request from the address (https://cloud.google.com/storage/docs/authentication/canonical-requests)
    and check the signature with the account's public key."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query["X-Goog-Expires"] == str(seconds)
    assert query["X-Goog-SignedHeaders"] == signed_headers
    assert query["X-Goog-Credential"].startswith("tests@example.iam.gserviceaccount.com/")
    unsigned = "&".join(sorted(pair for pair in parts.query.split("&") if not pair.startswith("X-Goog-Signature=")))
    canonical = f"{method}\n{parts.path}\n{unsigned}\n{header_lines}host:{parts.netloc}\n\n{signed_headers}\nUNSIGNED-PAYLOAD"
    scope = query["X-Goog-Credential"].partition("/")[2]
    text = "\n".join(("GOOG4-RSA-SHA256", query["X-Goog-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest()))
    private_key().public_key().verify(bytes.fromhex(query["X-Goog-Signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
