"""A session as a file that people read: Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from shared.sessions import wire
from shared.sessions.models import Run, Session
from shared.sessions.runs import RunStore

LARGEST: Final = 30 * 1024 * 1024
"""Bytes of an export: a function's answer has at most 32 MiB (https://cloud.google.com/run/quotas)."""
_PAGE = 50


def all_runs(session: str, runs: RunStore) -> list[Run]:
    """Every run of a session with its whole texts, oldest first; read page by page."""
    found: list[Run] = []
    page = runs.page(session, _PAGE)
    while page:
        found[:0] = page
        page = runs.page(session, _PAGE, page[0].id) if len(page) == _PAGE else []
    return found


def markdown(session: Session, runs: list[Run]) -> str:
    """The session with one heading for each turn; its tools' calls are folded away."""
    numbers = {run.id: number for number, run in enumerate(runs, 1)}
    lines = [*_front_matter(session, runs), "", f"# {_line(wire.display_name(session))}", ""]
    for run in runs:
        lines += _turn(run, numbers)
    return "\n".join(lines).rstrip() + "\n"


def file_name(session: Session, ending: str) -> str:
    """A name for the file, out of the session's."""
    words = "-".join(re.findall(r"\w+", wire.display_name(session)))[:60].strip("-")
    return f"{words or session.id}.{ending}"


def _front_matter(session: Session, runs: list[Run]) -> Iterator[str]:
    """YAML, in which each value is written as JSON."""
    usage = session.usage
    values: dict[str, Any] = {
        "id": session.id,
        "title": _line(wire.display_name(session)),
        "agent": session.agent,
        "created": wire.iso(session.created_at),
        "updated": wire.iso(session.updated_at),
        "turns": len(runs),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": session.cost_micros / 1_000_000,
        "tags": list(session.tags),
    }
    yield "---"
    for name, value in values.items():
        yield f"{name}: {json.dumps(value, ensure_ascii=False)}"
    yield "---"


def _turn(run: Run, numbers: dict[str, int]) -> Iterator[str]:
    number = numbers[run.id]
    follows = numbers.get(run.parent or "", 0)
    beside = "" if follows == number - 1 or run.parent is None else f", after turn {follows}" if follows else ", from the start"
    yield f"## Turn {number}{beside}"
    yield ""
    yield f"**You** · {wire.iso(run.created_at)}"
    yield ""
    yield run.request.message
    yield ""
    for file in run.request.files:
        yield f"- attached: {_line(file.name)} ({file.content_type}, {file.size} bytes)"
        yield ""
    for tool in wire.tools_of(run.messages):
        yield from _tool(tool)
    yield f"**{_line(run.request.agent_name)}**"
    yield ""
    if run.content:
        yield run.content
        yield ""
    if run.open:
        yield "> not finished when this was exported"
        yield ""
    elif run.failure is not None:
        yield f"> {run.state}: {_line(run.failure.message)}"
        yield ""


def _tool(tool: dict[str, Any]) -> Iterator[str]:
    given = json.dumps(tool["tool_args"], ensure_ascii=False, indent=2)
    yield f"<details><summary>{_line(tool['tool_name']).replace('<', '&lt;')}</summary>"
    yield ""
    for text, language in ((given, "json"), (tool["result"], "")):
        fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", text)), default=0))
        yield f"{fence}{language}"
        yield text
        yield fence
        yield ""
    yield "</details>"
    yield ""


def _line(text: str) -> str:
    """One line of characters that can be seen."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
