"""The callers: a process of its own that costs little CPU, so that the two cores are the servers'.

    python -m scripts.bench.load < job.json > result.json

Each caller holds one keep-alive connection and one session, sends a turn, reads its stream to the end and sends the next one. The
session is a new one after `session_turns`, because AgentOS's turns grow with it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import cast
from urllib.parse import urlencode
from uuid import uuid4

import orjson

_END = b"\r\n0\r\n\r\n"
_FIRST_TOKEN = b"event: RunContent\n"
_COMPLETED = b"event: RunCompleted\n"
_STUB_TOKEN = b'"delta":{"content":'
_STUB_COMPLETED = b"data: [DONE]"
_LAST_TURNS_SECONDS = 60.0
"""How long the turns that began in time may take to end."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to send, to whom, and for how long: turns that begin within `seconds`, or `turns` of each caller when that is not 0."""

    port: int
    path: str
    callers: int = 1
    seconds: float = 0.0
    turns: int = 0
    session_turns: int = 10
    headers: dict[str, str] = field(default_factory=dict)
    raw_body: str = ""
    """Sent as JSON to a model server; empty: a turn's form."""
    arrive_over: float = 0.0
    """Seconds over which the callers begin; 0: all at once."""


@dataclass(slots=True)
class Result:
    """Times in seconds, one for each turn; `seconds` is from the first one's start to the last one's end."""

    turns: int = 0
    seconds: float = 0.0
    first_byte: list[float] = field(default_factory=list)
    first_token: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    """Of this client."""


class Caller(asyncio.Protocol):
    """One caller, from its first turn to its last."""

    def __init__(self, job: Job, load: Load) -> None:
        self.job = job
        self.load = load
        self.session = ""
        self.turns = 0
        self.body = bytearray()
        self.sent = self.first_byte = self.first_token = 0.0
        self.waiting = False
        self.transport: asyncio.Transport
        self.marks = (_STUB_TOKEN, _STUB_COMPLETED) if job.raw_body else (_FIRST_TOKEN, _COMPLETED)
        extra = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
        kind = "application/json" if job.raw_body else "application/x-www-form-urlencoded"
        self.head = f"POST {job.path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nContent-Type: {kind}\r\n{extra}Content-Length: "

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        if self.turns % self.job.session_turns == 0:
            self.session = str(uuid4())
        self.turns += 1
        form = {"message": f"Turn {self.turns}: say something.", "stream": "true", "session_id": self.session}
        body = (self.job.raw_body or urlencode(form)).encode()
        self.body.clear()
        self.first_byte = self.first_token = 0.0
        self.waiting = True
        self.sent = time.perf_counter()
        self.transport.write(f"{self.head}{len(body)}\r\n\r\n".encode() + body)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.body += data
        if not self.first_byte:
            self.first_byte = now
        if not self.first_token and self.marks[0] in self.body:
            self.first_token = now
        if self.body.endswith(_END):
            self.ended(now)
        elif b"content-length:" in self.body[:400].lower() and b"HTTP/1.1 200" not in self.body[:20]:
            self.waiting = False
            self.load.failed(self.body[:400].decode(errors="replace"))
            self.transport.close()

    def ended(self, now: float) -> None:
        self.waiting = False
        if self.marks[1] in self.body and self.first_token:
            self.load.count(self, now)
        else:
            self.load.failed(self.body[-300:].decode(errors="replace"))
        if self.load.goes_on(self, now):
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self.waiting:
            self.load.failed("the connection was closed in the middle of a turn")
        self.load.left(self)


class Load:
    """All callers of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.result = Result()
        self._failures: Counter[str] = Counter()
        self._open: set[Caller] = set()
        self._done = asyncio.Event()
        self._began = 0.0

    async def run(self) -> Result:
        """Until the time is up, or every caller has had its turns."""
        job, loop = self.job, asyncio.get_running_loop()
        cpu = time.process_time()
        self._began = time.perf_counter()
        self._open = {Caller(job, self) for _ in range(job.callers)}
        for number, caller in enumerate(list(self._open)):
            if job.arrive_over and number:
                await asyncio.sleep(max(0.0, self._began + number * job.arrive_over / job.callers - time.perf_counter()))
            await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", job.port)  # type: ignore[misc]
        try:
            await asyncio.wait_for(self._done.wait(), job.seconds + _LAST_TURNS_SECONDS)
        except TimeoutError:
            self._failures["turns that never ended"] += len(self._open)
        self.result.seconds = time.perf_counter() - self._began
        self.result.cpu_seconds = time.process_time() - cpu
        self.result.failures = dict(self._failures)
        return self.result

    def count(self, caller: Caller, now: float) -> None:
        result = self.result
        result.turns += 1
        result.first_byte.append(caller.first_byte - caller.sent)
        result.first_token.append(caller.first_token - caller.sent)
        result.whole.append(now - caller.sent)

    def failed(self, what: str) -> None:
        self._failures[what] += 1

    def goes_on(self, caller: Caller, now: float) -> bool:
        job = self.job
        return caller.turns < job.turns if job.turns else now - self._began < job.seconds

    def left(self, caller: Caller) -> None:
        self._open.discard(caller)
        if not self._open:
            self._done.set()


def main() -> None:
    """Do the job on stdin and print its result."""
    result = asyncio.run(_run(Job(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(asdict(result)))


async def _run(job: Job) -> Result:
    return await Load(job).run()


if __name__ == "__main__":
    main()
