"""Figures as Markdown: the tables of docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from scripts.bench.measure import CountedTurn, FirstToken, OpenStreams, Series, Throughput, ratio
from scripts.bench.servers import Server

_PACKAGES = ("agno", "fastapi", "uvicorn", "sqlalchemy", "functions-framework", "flask", "gunicorn", "google-cloud-firestore", "openai")
_DATABASES = {"sqlite": "SQLite", "firestore": "Firestore emulator"}


def page(parts: Sequence[str], seconds: float) -> str:
    """The whole page."""
    return f"""# Benchmarks

Made by `make bench` in {seconds / 60:.0f} minutes; nothing here is written by hand. `make bench BENCH_ARGS=--quick` takes under two.

Reggie's function `chat` under the Functions Framework, as the cloud runs it, beside agno's own AgentOS under uvicorn: the same machine,
the same scripted model server (40 tokens at once unless said otherwise), the same agent without tools, the same callers, in one run.
Rounds alternate between the two; figures are medians over the rounds, with the smallest and the largest in brackets. A ratio is the median
of the rounds' ratios. A turn is a streamed run read to its end over a kept connection; each caller has its own session and takes a
new one after 10 turns, because AgentOS's turns grow with the session.

In AgentOS's favour: telemetry, access log, authentication and CORS lists are off or as they come; its first run has warmed it; its
databases' files lie in memory, where the fsyncs of its SQLite settings cost nothing (our commits wait for none); it sends its default of
3 earlier runs to the model where ours sends up to 20. Ours checks an API key, writes a log line for each request, stores the message
before it answers and the stream's events with the run. The model server and the callers run on the same cores.

Other work on the machine seems to take more from AgentOS's one thread than from our many, so turns per second may flatter us on a busy
one; CPU per turn changes least. The load average below tells which it was: beyond the number of cores, believe the CPU.

{_machine()}

{chr(10).join(part + chr(10) for part in parts)}"""


def throughput(documents: str, table: Sequence[Sequence[Throughput]]) -> str:
    """Ours and theirs for each number of callers."""
    lines = [
        f"## Turns per second, CPU and memory: {_DATABASES[documents]}",
        "",
        "| callers | turns/s: Reggie | AgentOS | ratio | CPU ms/turn: Reggie | AgentOS | ratio | MB idle, loaded: Reggie | AgentOS |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    failures: list[str] = []
    for ours, theirs in table:
        faster = ratio(ours.turns_per_second, theirs.turns_per_second)
        cheaper = ratio(theirs.cpu_ms_per_turn, ours.cpu_ms_per_turn)
        lines.append(
            f"| {ours.callers} | {_number(ours.turns_per_second)} | {_number(theirs.turns_per_second)} | **{_number(faster)}** "
            f"| {_number(ours.cpu_ms_per_turn)} | {_number(theirs.cpu_ms_per_turn)} | {_number(cheaper)} "
            f"| {ours.idle_megabytes:.0f}, {ours.loaded_megabytes:.0f} | {theirs.idle_megabytes:.0f}, {theirs.loaded_megabytes:.0f} |"
        )
        for name, cell in (("Reggie", ours), ("AgentOS", theirs)):
            if cell.failed:
                failures.append(f"{cell.failed} turns of {name} failed at {cell.callers} callers and are not counted.")
    lines += ["", *failures]
    lines += [
        "CPU is that of the server's processes, not of the database emulator. Memory is that of all its processes, shared pages once.",
    ]
    return "\n".join(lines)


def first_token(rows: Sequence[tuple[str, Sequence[FirstToken]]]) -> str:
    """Ours and theirs on each database."""
    lines = [
        "## Time to the first word, over the model's own",
        "",
        "One caller; the model server waits 20 ms, then sends 10 tokens 5 ms apart. Milliseconds from the request to the first",
        "`RunContent`, less the model server's own median measured by the same client in the same round.",
        "",
        "| database | Reggie median | AgentOS median | Reggie p95 | AgentOS p95 |",
        "|---|---|---|---|---|",
    ]
    for documents, (ours, theirs) in rows:
        cells = (ours.median, theirs.median, ours.p95, theirs.p95)
        lines.append(f"| {_DATABASES[documents]} | " + " | ".join(map(_number, cells)) + " |")
    return "\n".join(lines)


def documents(ours: Sequence[CountedTurn], theirs: Sequence[CountedTurn]) -> str:
    """Turn by turn."""
    lines = [
        "## Documents of one turn in a long session (Firestore emulator)",
        "",
        "Counted at the generated Firestore client, the same way for both; `metrics.database` is what Reggie itself reports in",
        "`RunCompleted`. Turn 1 also creates the session. AgentOS's session was taken from turn 100 to its last but one by copies of its",
        "hundredth run.",
        "",
        "| turn | Reggie reads | writes | by `metrics.database` | ms | AgentOS reads | writes | ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for mine, other in zip(ours, theirs, strict=True):
        reported = "{} and {}".format(*mine.reported) if mine.reported else "none"
        lines.append(
            f"| {mine.turn} | {mine.reads} | {mine.writes} | {reported} | {mine.milliseconds:.0f} "
            f"| {other.reads} | {other.writes} | {other.milliseconds:.0f} |"
        )
    return "\n".join(lines)


def starts(servers: Sequence[Server], table: Sequence[Series]) -> str:
    """One line for each server."""
    lines = [
        "## Process start to the first 200 of `/health`",
        "",
        "Milliseconds. `bare` is a function that does nothing: what the Functions Framework itself takes on this machine.",
        "",
        "| server | median (range) |",
        "|---|---|",
    ]
    lines += [f"| {server.name} | {_number(series)} |" for server, series in zip(servers, table, strict=True)]
    return "\n".join(lines)


def streams(table: Sequence[OpenStreams]) -> str:
    """One line for each way to arrive."""
    lines = [
        "## Open streams on one chat instance (SQLite)",
        "",
        "The model server speaks at once, then every 125 ms, 5 s in all. Each stream is a new connection and a new session.",
        "",
        "| streams | arriving | p95 first byte ms | p95 first word ms | longest stream s | memory MB |",
        "|---|---|---|---|---|---|",
    ]
    for each in table:
        arriving = f"over {each.arrive_over:g} s" if each.arrive_over else "all at once"
        figures = " | ".join(_number(series) for series in (each.first_byte_p95, each.first_token_p95, each.whole))
        lines.append(f"| {each.streams} | {arriving} | {figures} | {each.megabytes:.0f} |")
    return "\n".join(lines)


def _number(series: Series) -> str:
    """`median (smallest to largest)`."""
    low, high = series.spread
    return f"{_short(series.middle)} ({_short(low)}-{_short(high)})"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _machine() -> str:
    """What it ran on, without names."""
    load = f"; load average over the last 15 minutes {os.getloadavg()[2]:.1f}" if hasattr(os, "getloadavg") else ""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Machine: {os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.machine()}{load}.\n"
        f"Python {platform.python_version()}, {packages}."
    )


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in file.read_text().splitlines() if line.startswith("model name")] if file.exists() else []
    )
    return names[0] if names else platform.processor() or "unknown"
