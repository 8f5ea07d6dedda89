"""`python -m scripts.bench [--quick] [--only NAME ...]`: measure, print, and write docs/benchmarks.md after a full run."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from scripts.bench import measure, report
from scripts.bench.servers import ROOT, NotStarted, Place
from tests.support.emulators import EmulatorMissing, start_firestore

FUNCTIONS = ("chat", "api", "worker", "sweep")
STREAMS = 200


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rounds, seconds of each, turns."""

    rounds: int
    seconds: float
    first_token_turns: int
    starts: int
    last_turn: int
    callers: tuple[int, ...]


FULL = Effort(rounds=3, seconds=3.0, first_token_turns=25, starts=7, last_turn=1000, callers=(1, 20, 100))
QUICK = Effort(rounds=2, seconds=1.0, first_token_turns=20, starts=2, last_turn=10, callers=(1, 20))


def main() -> int:
    """Exit code 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, under two minutes; does not write the page")
    parser.add_argument("--only", choices=tuple(SECTIONS), action="append", help="one section; may be repeated")
    given = parser.parse_args()
    effort, wanted = (QUICK if given.quick else FULL), given.only or list(SECTIONS)
    # So that the servers are stopped when this is: they are in sessions of their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    parts: list[str] = []
    with ExitStack() as stack:
        # In memory where that is possible: AgentOS's SQLite settings wait for the disk in every turn, ours do not.
        memory = Path("/dev/shm")  # noqa: S108
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=memory if memory.is_dir() else None))
        emulator = ""
        try:
            started = start_firestore()
            stack.callback(started.stop)
            emulator = started.host
        except EmulatorMissing as missing:
            print(f"{missing}; the Firestore half is left out", file=sys.stderr)
        place = Place(Path(folder), emulator)
        for name in wanted:
            print(f"[{time.monotonic() - began:4.0f} s] {name}", file=sys.stderr, flush=True)
            try:
                found = SECTIONS[name](place, effort)
            except (NotStarted, RuntimeError) as failure:
                print(f"make bench: {name}: {failure}", file=sys.stderr)
                return 1
            print("\n\n".join(found), flush=True)
            parts += found
    seconds = time.monotonic() - began
    if not given.quick and not given.only and emulator:
        (ROOT / "docs" / "benchmarks.md").write_text(report.page(parts, seconds))
        print(f"docs/benchmarks.md is written; {seconds:.0f} s", file=sys.stderr)
    return 0


def throughput(place: Place, effort: Effort) -> list[str]:
    """Turns per second, CPU and memory, on each database."""
    parts = []
    for documents in ("sqlite", "firestore") if place.emulator else ("sqlite",):
        rounds = effort.rounds if documents == "sqlite" else effort.rounds - 1
        with ExitStack() as stack:
            stub = stack.enter_context(place.stub(f"stub-{documents}"))
            ours = stack.enter_context(place.chat(f"reggie-{documents}", documents, stub))
            theirs = stack.enter_context(place.agentos(f"agentos-{documents}", documents, stub))
            parts.append(report.throughput(documents, measure.throughput((ours, theirs), effort.callers, rounds, effort.seconds)))
    return parts


def first_token(place: Place, effort: Effort) -> list[str]:
    """Time to the first word at one caller."""
    rows = []
    for documents in ("sqlite", "firestore") if place.emulator else ("sqlite",):
        with ExitStack() as stack:
            # As a model speaks: nothing for a moment, then word by word.
            stub = stack.enter_context(place.stub(f"slow-{documents}", first_delay_ms=20, delay_ms=5, tokens=10))
            ours = stack.enter_context(place.chat(f"reggie-first-{documents}", documents, stub))
            theirs = stack.enter_context(place.agentos(f"agentos-first-{documents}", documents, stub))
            rows.append((documents, measure.first_token((ours, theirs), stub, effort.rounds, effort.first_token_turns)))
    return [report.first_token(rows)]


def documents(place: Place, effort: Effort) -> list[str]:
    """What the turns of a long session cost."""
    if not place.emulator:
        return []
    with place.stub("stub-documents") as stub:
        return [report.documents(*(measure.count_documents(place, stub, ours=ours, last=effort.last_turn) for ours in (True, False)))]


def starts(place: Place, effort: Effort) -> list[str]:
    """Cold starts."""
    with place.stub("stub-starts") as stub:
        servers = [*(place.function(name) for name in FUNCTIONS), place.bare(), place.agentos("agentos", "sqlite", stub)]
        return [report.starts(servers, measure.starts(servers, effort.starts))]


def streams(place: Place, effort: Effort) -> list[str]:
    """Many open streams on one instance."""
    with place.stub("stub-streams", delay_ms=125) as stub, place.chat("reggie-streams", "sqlite", stub, threads=STREAMS + 50) as server:
        measure.warm(server, callers=20, turns=1)
        rounds = effort.rounds if effort is FULL else 1
        return [report.streams([measure.open_streams(server, STREAMS, over, rounds) for over in (1.0, 0.0)])]


SECTIONS: dict[str, Callable[[Place, Effort], list[str]]] = {
    "throughput": throughput,
    "first-token": first_token,
    "documents": documents,
    "starts": starts,
    "streams": streams,
}


if __name__ == "__main__":
    sys.exit(main())
