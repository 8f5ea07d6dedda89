"""The measurements. Each takes servers that run already, or starts its own, and gives plain numbers: milliseconds, megabytes, counts."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlencode

import orjson

from scripts.bench.agent import AGENT
from scripts.bench.counting import counted
from scripts.bench.load import Job, Result
from scripts.bench.servers import ROOT, Place, Server

COUNTED_TURNS = (1, 10, 100, 1000)


@dataclass(slots=True)
class Series:
    """One number measured in several rounds."""

    values: list[float] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


def ratio(ours: Series, theirs: Series) -> Series:
    """Round by round, because both sides of one round met the same machine."""
    return Series([mine / other for mine, other in zip(ours.values, theirs.values, strict=True) if other])


@dataclass(slots=True)
class Throughput:
    """One server under so many callers."""

    callers: int
    turns_per_second: Series = field(default_factory=Series)
    cpu_ms_per_turn: Series = field(default_factory=Series)
    idle_megabytes: float = 0.0
    loaded_megabytes: float = 0.0
    failed: int = 0
    """Turns that did not complete: they are no part of the other figures."""


def run_load(job: Job, *, tolerant: bool = False) -> Result:
    """In a process of its own. Raises RuntimeError when a turn failed, unless the caller says that it counts them."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.load"], input=orjson.dumps(asdict(job)), stdout=subprocess.PIPE, cwd=ROOT, check=True
    )
    result = Result(**orjson.loads(done.stdout))
    if result.failures and not tolerant:
        raise RuntimeError(f"{sum(result.failures.values())} turns failed, as {next(iter(result.failures))[-400:]!r}")
    return result


def warm(server: Server, *, callers: int = 8, turns: int = 12) -> None:
    """Everything is imported, cached and connected."""
    run_load(server.job(callers=callers, turns=turns))


def throughput(servers: Sequence[Server], callers: Sequence[int], rounds: int, seconds: float) -> list[list[Throughput]]:
    """For each number of callers the servers' figures, in their order; rounds alternate between the servers."""
    idle = [server.memory_megabytes() for server in servers]
    for server in servers:
        warm(server)
    table = []
    for count in callers:
        row = [Throughput(count, idle_megabytes=megabytes) for megabytes in idle]
        for _ in range(rounds):
            for server, cell in zip(servers, row, strict=True):
                cpu = server.cpu_seconds()
                result = run_load(server.job(callers=count, seconds=seconds), tolerant=True)
                if not result.turns:
                    raise RuntimeError(f"{server.name}: no turn of {count} callers completed")
                cell.failed += sum(result.failures.values())
                cell.turns_per_second.values.append(result.turns / result.seconds)
                cell.cpu_ms_per_turn.values.append((server.cpu_seconds() - cpu) / result.turns * 1000)
                cell.loaded_megabytes = server.memory_megabytes()
        table.append(row)
    return table


@dataclass(slots=True)
class FirstToken:
    """Milliseconds to the first word that is not the model's own time."""

    median: Series = field(default_factory=Series)
    p95: Series = field(default_factory=Series)


def first_token(servers: Sequence[Server], model: Server, rounds: int, turns: int) -> list[FirstToken]:
    """For one caller; the model's own median in the same round is taken off."""
    request = {"model": "stub", "stream": True, "messages": [{"role": "user", "content": "Say something."}]}
    own = Job(port=model.port, path="/v1/chat/completions", turns=turns, raw_body=orjson.dumps(request).decode())
    for server in servers:
        warm(server, callers=1, turns=10)
    table = [FirstToken() for _ in servers]
    for _ in range(rounds):
        base = median(run_load(own).first_token)
        for server, cell in zip(servers, table, strict=True):
            times = sorted(run_load(server.job(turns=turns)).first_token)
            cell.median.values.append((median(times) - base) * 1000)
            cell.p95.values.append((percentile(times, 95) - base) * 1000)
    return table


@dataclass(frozen=True, slots=True)
class CountedTurn:
    """What one turn of a session cost the database."""

    turn: int
    reads: int
    writes: int
    milliseconds: float
    reported: tuple[int, int] | None = None
    """Reads and writes by `metrics.database`, where the server reports them."""


def count_documents(place: Place, model: Server, *, ours: bool, last: int) -> list[CountedTurn]:
    """The turns of COUNTED_TURNS up to `last` of one session on Firestore.

    AgentOS's session is taken to 100 by turns and on to its last but one by copies of its hundredth run, as hundreds of its turns would
    take minutes.
    """
    counts = str(place.folder / f"counts-{ours}")
    make = place.chat if ours else place.agentos
    found: list[CountedTurn] = []
    with make(f"counted-{'reggie' if ours else 'agentos'}", "firestore", model, counts=counts) as server:
        turn(server, "warm-up")
        turn(server, "warm-up")
        at = counted(counts, 0)[2]
        number = 0
        while number < last:
            if number == 100 and not ours:
                fill = [sys.executable, "-m", "scripts.bench.fill", "counted", str(last - 1)]
                subprocess.run(fill, cwd=ROOT, env=server.environment, check=True)
                number = last - 1
            number += 1
            milliseconds, completed = turn(server, "counted")
            reads, writes, at = _settled(counts, at)
            if number in COUNTED_TURNS:
                database = completed.get("metrics", {}).get("database")
                reported = (database["reads"], database["writes"]) if database else None
                found.append(CountedTurn(number, reads, writes, milliseconds, reported))
    return found


def _settled(counts: str, at: int) -> tuple[int, int, int]:
    """The counts of the turn that just ended: its stream may end a moment before its last write does."""
    before = -1
    while True:
        reads, writes, end = counted(counts, at)
        if end == before:
            return reads, writes, end
        before = end
        time.sleep(0.004)


def turn(server: Server, session: str) -> tuple[float, dict[str, Any]]:
    """One turn: its milliseconds, and the data of its RunCompleted."""
    form = urlencode({"message": "Say something.", "session_id": session, "stream": "true"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", **server.headers}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        began = time.perf_counter()
        connection.request("POST", f"/agents/{AGENT}/runs", form, headers)
        body = connection.getresponse().read()
        milliseconds = (time.perf_counter() - began) * 1000
    finally:
        connection.close()
    _, found, data = body.partition(b"event: RunCompleted\ndata: ")
    if not found:
        raise RuntimeError(f"{server.name}: the turn did not complete: {body[-300:]!r}")
    completed: dict[str, Any] = orjson.loads(data.partition(b"\n")[0])
    return milliseconds, completed


def starts(servers: Sequence[Server], rounds: int) -> list[Series]:
    """Milliseconds from the start of the process to its first 200, after one start that leaves the bytecode."""
    for server in servers:
        server.start()
        server.stop()
    table = [Series() for _ in servers]
    for _ in range(rounds):
        for server, cell in zip(servers, table, strict=True):
            cell.values.append(server.start() * 1000)
            server.stop()
    return table


@dataclass(slots=True)
class OpenStreams:
    """One instance that holds many streams."""

    streams: int
    arrive_over: float
    first_byte_p95: Series = field(default_factory=Series)
    first_token_p95: Series = field(default_factory=Series)
    whole: Series = field(default_factory=Series)
    megabytes: float = 0.0


def open_streams(server: Server, streams: int, arrive_over: float, rounds: int) -> OpenStreams:
    """All callers begin within `arrive_over` seconds, each on a new connection and a new session, and read to the end."""
    measured = OpenStreams(streams, arrive_over)
    for _ in range(rounds):
        result = run_load(server.job(callers=streams, turns=1, arrive_over=arrive_over))
        measured.first_byte_p95.values.append(percentile(result.first_byte, 95) * 1000)
        measured.first_token_p95.values.append(percentile(result.first_token, 95) * 1000)
        measured.whole.values.append(max(result.whole))
        measured.megabytes = server.memory_megabytes()
    return measured


def percentile(values: Sequence[float], percent: float) -> float:
    """By the nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent) // 100) - 1)]
