"""Bad requests over real sockets, to the product as make dev starts it and to a function as the cloud does: each is refused with a
sentence, at once, in little memory, and the server goes on.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil
import pytest

from local.stub_model import stub_model
from tests.functions.bad_requests import MB, Bad, bad_requests, request
from tests.support.emulators import free_port
from tests.support.product import ROOT, Product, environment_for
from tests.support.raw_http import Answer, exchange

pytestmark = pytest.mark.xdist_group("bad input over sockets")

MEDIAN_SECONDS, LONGEST_SECONDS = 0.1, 5.0
"""2 ms and 0.2 s on an idle machine; a busy one may stop us for long, but not half of the time."""
LINUX = sys.platform == "linux"
FRAMEWORK_READS = 30 * MB
"""The framework reads the rest of a request, 30 MB of it, before it lets the answer out."""


@dataclass(frozen=True)
class Server:
    port: int
    api_key: str
    process: psutil.Process
    functions: frozenset[str]
    memory: int = 50 * MB
    """How much more it may take at its peak."""

    def forget_peak(self) -> None:
        """Count the peak of memory anew: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html."""
        for process in self._processes():
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """Bytes of the server and its workers at the most."""
        found = (re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text()) for process in self._processes())
        return sum(int(match[1]) * 1024 for match in found if match)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def send(self, bad: Bad) -> Answer:
        return exchange(self.port, bad.request, half_close=bad.half_close)

    def lives(self) -> bool:
        return exchange(self.port, request("GET", "/health", self.api_key)).status == 200


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with stub_model() as stub:
        made = Product.start(tmp_path_factory.mktemp("wire"), env=environment_for(stub))
        yield made
        made.stop()


@pytest.fixture(scope="module", params=["product", "functions-framework"])
def server(request: pytest.FixtureRequest, product: Product) -> Iterator[Server]:
    if request.param == "product":
        port = urlsplit(product.url).port
        assert port is not None
        yield Server(port, product.api_key, psutil.Process(product.process.pid), frozenset({"api", "chat"}))
        return
    port = free_port()
    environment = {**os.environ, "REGGIE_HOME": str(product.home), "PYTHONPATH": str(ROOT)}
    binary = Path(sys.executable).with_name("functions-framework")
    command = [str(binary), "--target", "api", "--source", "functions/api/main.py", "--host", "127.0.0.1", "--port", str(port)]
    with (product.home / "function.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    made = Server(port, product.api_key, psutil.Process(process.pid), frozenset({"api"}), 50 * MB + FRAMEWORK_READS)
    try:
        _wait_for(made)
        yield made
    finally:
        process.terminate()
        process.wait(15)


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if server.lives():
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the function did not start")


def test_bad_requests_are_refused_with_a_sentence_at_once_in_little_memory(server: Server) -> None:
    exchange(server.port, request("POST", "/sessions", server.api_key, "Content-Type: application/json", body=b"{}"))
    if LINUX:
        server.forget_peak()
        before = server.peak()
    complaints, seconds = [], []
    for bad in bad_requests(server.api_key):
        if bad.function not in server.functions:
            continue
        answer = server.send(bad)
        seconds.append(answer.seconds)
        if complaint := _complaint(bad, answer):
            complaints.append(f"{bad.name}: {complaint}")
        elif answer.seconds > LONGEST_SECONDS:
            complaints.append(f"{bad.name}: took {answer.seconds:.1f} s")
        elif not server.lives():
            complaints.append(f"{bad.name}: the server does not answer any more")
    assert not complaints, "\n".join(complaints)
    assert median(seconds) < MEDIAN_SECONDS
    if LINUX:
        assert server.peak() - before < server.memory


def _complaint(bad: Bad, answer: Answer) -> str:
    """What is wrong with the answer; empty when nothing is."""
    if bad.statuses and answer.status not in bad.statuses:
        return f"answered {answer.status} {answer.body[:200]!r}, not {bad.statuses}"
    if not bad.statuses and not 400 <= answer.status < 500:
        return f"answered {answer.status} {answer.body[:200]!r}"
    if b"[tool.ruff]" in answer.body or b"root:" in answer.body or "x-injected" in answer.headers:
        return f"gave away {answer.body[:200]!r}"
    if "x-request-id" not in answer.headers:
        # gunicorn or the framework refused it before any function of ours saw it.
        return f"is without a sentence: {answer.body[:200]!r}" if bad.says else ""
    detail = answer.json()["detail"]
    if bad.says not in detail or len(detail) < 15 or len(detail) > 2_000:
        return f"says {detail[:300]!r}, which does not tell {bad.says!r}"
    return ""


def test_unusual_requests_that_are_allowed_are_served(server: Server) -> None:
    key, json = server.api_key, "Content-Type: application/json"
    health = exchange(server.port, request("GET", "/health", key, version="HTTP/1.0"))
    assert health.status == 200
    head = exchange(server.port, request("HEAD", "/health", key))
    assert (head.status, head.body) == (200, b"")
    body = b'{"session_name": "chunked"}'
    chunks = b"".join(b"1;name=value\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    chunked = exchange(server.port, request("POST", "/sessions", key, json, "Transfer-Encoding: chunked") + chunks)
    assert chunked.status == 201, chunked
    assert chunked.json()["session_name"] == "chunked"
    charset = exchange(server.port, request("POST", "/sessions", key, 'Content-Type: application/json; charset="UTF-8"', body=b"{}"))
    assert charset.status == 201, charset


@pytest.mark.parametrize(
    "smuggled",
    [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 4"),
        ("Content-Length: 4", "Transfer-Encoding: xchunked"),
        ("Content-Length: 4", "Transfer-Encoding : chunked"),
        ("Content-Length: 0", "Content-Length: 44"),
    ],
    ids="+".join,
)
def test_a_request_inside_another_is_never_answered(server: Server, smuggled: tuple[str, str]) -> None:
    inner = request("GET", "/config", server.api_key)
    outer = request("POST", "/sessions", server.api_key, "Content-Type: application/json", *smuggled)
    answer = exchange(server.port, outer + b"0\r\n\r\n" + inner, more=1.0)
    assert answer.status in (0, 400, 501), answer
    assert b"HTTP/1.1" not in answer.rest
