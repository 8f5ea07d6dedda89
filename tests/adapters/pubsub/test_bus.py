"""Publishing over REST to a server that refuses, stalls and wants a token."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import google.auth
import httpx
import pytest

from shared.adapters.pubsub import bus as module
from shared.adapters.pubsub.bus import PubSubBus
from shared.kit.bus import LARGEST_DATA, Message
from shared.kit.errors import TooLarge, Unavailable

ROOT = Path(__file__).parents[3]


class PublishServer:
    """Pub/Sub's publish on a loopback port; `statuses` are answered one by one before it starts to accept."""

    def __init__(self) -> None:
        self.host = ""
        self.statuses: list[int] = []
        self.stall = 0.0
        self.requests: list[tuple[str, str | None, list[dict[str, Any]]]] = []


@pytest.fixture
def server() -> Iterator[PublishServer]:
    state = PublishServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            messages = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"]
            state.requests.append((self.path, self.headers.get("Authorization"), messages))
            time.sleep(state.stall)
            status = state.statuses.pop(0) if state.statuses else 200
            body = json.dumps({"messageIds": [str(len(state.requests) * 1000 + place) for place in range(len(messages))]}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that gave up waiting is part of the tests."""

    http_server = Server(("127.0.0.1", 0), Handler)
    state.host = f"127.0.0.1:{http_server.server_port}"
    thread = threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    http_server.shutdown()
    thread.join()
    http_server.server_close()


@pytest.fixture
def bus(server: PublishServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PubSubBus]:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.host)
    bus = PubSubBus("project")
    yield bus
    bus.close()


def test_the_request_is_what_pubsub_asks_for(server: PublishServer, bus: PubSubBus) -> None:
    assert bus.publish("runs", Message("fact", {"n": 1}, {"w": "w1"}), Message("other", {}, ordering_key="k")) == ["1000", "1001"]
    [(path, authorization, messages)] = server.requests
    assert path == "/v1/projects/project/topics/runs:publish"
    assert authorization is None
    assert messages == [
        {"data": "eyJuIjoxfQ==", "attributes": {"w": "w1", "reggie_id": "fact"}},
        {"data": "e30=", "attributes": {"reggie_id": "other"}, "orderingKey": "k"},
    ]


def test_no_request_passes_ten_megabytes(server: PublishServer, bus: PubSubBus) -> None:
    fullest = {"text": "x" * (LARGEST_DATA - len('{"text":""}'))}
    ids = bus.publish("runs", *(Message(str(number), fullest) for number in range(150)))
    assert len(set(ids)) == 150
    assert [len(messages) for _, _, messages in server.requests] == [100, 50]
    assert all(len(json.dumps(messages)) < 10_000_000 for _, _, messages in server.requests)


def test_a_message_that_is_too_large_stops_all_before_the_first(server: PublishServer, bus: PubSubBus) -> None:
    with pytest.raises(TooLarge):
        bus.publish("runs", Message("1", {}), Message("2", {"text": "x" * LARGEST_DATA}))
    assert server.requests == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_failure_in_passing_is_survived(server: PublishServer, bus: PubSubBus, status: int) -> None:
    server.statuses = [status, status]
    assert len(bus.publish("runs", Message("1", {}))) == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_repeated(server: PublishServer, bus: PubSubBus, status: int) -> None:
    server.statuses = [status] * 5
    with pytest.raises(Unavailable, match=str(status)):
        bus.publish("runs", Message("1", {}))
    assert len(server.requests) == 1


def test_it_gives_up_within_the_budget(server: PublishServer, bus: PubSubBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUDGET", 0.5)
    server.statuses = [503] * 1000
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        bus.publish("runs", Message("1", {}))
    assert time.monotonic() - begun < 2
    assert 2 <= len(server.requests) <= 4


def test_a_server_that_stalls_is_given_up(server: PublishServer, bus: PubSubBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.1)
    monkeypatch.setattr(module, "_BUDGET", 0.3)
    server.stall = 0.5
    with pytest.raises(Unavailable, match="ReadTimeout"):
        bus.publish("runs", Message("1", {}))


def test_many_threads_share_the_connections(server: PublishServer, bus: PubSubBus) -> None:
    threads = [threading.Thread(target=bus.publish, args=("runs", Message(str(number), {}))) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {messages[0]["attributes"]["reggie_id"] for _, _, messages in server.requests} == {str(number) for number in range(20)}


class MetadataCredentials:
    """Credentials as Cloud Run has them, with a new token for every refresh."""

    def __init__(self) -> None:
        self.refreshed = 0
        self.token = ""

    @property
    def valid(self) -> bool:
        return self.refreshed > 0

    def refresh(self, request: object) -> None:
        self.refreshed += 1
        self.token = f"token-{self.refreshed}"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PubSubBus, list[httpx.Request], list[int]]]:
    """A bus without an emulator, the requests it makes to Google, and the statuses they get."""
    requests: list[httpx.Request] = []
    statuses: list[int] = []

    def google_answers(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(statuses.pop(0) if statuses else 200, json={"messageIds": ["1"]})

    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setattr(google.auth, "default", lambda **_: (MetadataCredentials(), "project"))
    bus = PubSubBus("project")
    client = httpx.Client(transport=httpx.MockTransport(google_answers))
    monkeypatch.setattr(bus, "_connected", lambda: client)
    yield bus, requests, statuses
    client.close()


def test_on_google_cloud_the_token_is_kept(cloud: tuple[PubSubBus, list[httpx.Request], list[int]]) -> None:
    bus, requests, _ = cloud
    bus.publish("runs", Message("1", {}))
    bus.publish("runs", Message("2", {}))
    assert [(request.url.host, request.headers["Authorization"]) for request in requests] == [
        ("pubsub.googleapis.com", "Bearer token-1")
    ] * 2


def test_a_refused_token_is_replaced_once(cloud: tuple[PubSubBus, list[httpx.Request], list[int]]) -> None:
    bus, requests, statuses = cloud
    statuses[:] = [401]
    bus.publish("runs", Message("1", {}))
    assert [request.headers["Authorization"] for request in requests] == ["Bearer token-1", "Bearer token-2"]
    statuses[:] = [401, 401, 401]
    with pytest.raises(Unavailable, match="401"):
        bus.publish("runs", Message("1", {}))
    assert len(requests) == 4


def test_without_credentials_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: object) -> SimpleNamespace:
        raise google.auth.exceptions.DefaultCredentialsError("none")

    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setattr(google.auth, "default", none)
    bus = PubSubBus("project")
    with pytest.raises(Unavailable, match="PUBSUB_EMULATOR_HOST"):
        bus.publish("runs", Message("1", {}))
    bus.close()


def test_publishing_imports_no_google_library_beside_an_emulator_and_no_pubsub_client_ever() -> None:
    program = (
        "import sys; import shared.adapters.pubsub.bus, shared.adapters.pubsub.push;"
        "print([name for name in sys.modules if name.startswith(('google', 'grpc', 'requests'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert ran.stdout.strip() == "[]"
