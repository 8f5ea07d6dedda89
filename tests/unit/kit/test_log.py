"""The log: every record is one line of JSON, holds only what is allowed, and gives no secret away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit import log
from shared.kit.errors import Unavailable
from tests.unit.kit.conftest import Lines, write_everywhere

ROOT = Path(__file__).parents[3]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def test_a_record_has_what_cloud_logging_reads(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    log.install(write=lines.append)
    log.begin({"traceparent": f"00-{TRACE}-{SPAN}-01"}.get, function="chat", workspace="w1", request="req_1")
    log.info("run finished", run="run_1", tokens=12, cost=0.25, stream=True, reads=4, writes=6)

    record = lines.one()
    assert record.pop("time").endswith("Z")
    assert record == {
        "severity": "INFO",
        "message": "run finished",
        "workspace": "w1",
        "run": "run_1",
        "tokens": 12,
        "cost": 0.25,
        "stream": True,
        "reads": 4,
        "writes": 6,
        "logging.googleapis.com/labels": {"function": "chat", "request": "req_1"},
        "logging.googleapis.com/trace": f"projects/demo/traces/{TRACE}",
        "logging.googleapis.com/spanId": SPAN,
        "logging.googleapis.com/trace_sampled": True,
    }


def test_a_warning_names_the_place_it_was_written_at(lines: Lines) -> None:
    log.warning("lease lost")
    place = lines.one()["logging.googleapis.com/sourceLocation"]
    assert place["file"] == __file__
    assert place["function"] == "test_a_warning_names_the_place_it_was_written_at"
    assert Path(__file__).read_text().splitlines()[int(place["line"]) - 1].strip() == 'log.warning("lease lost")'


def test_an_error_has_a_stack_trace_for_error_reporting(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K_SERVICE", "chat")
    monkeypatch.setenv("K_REVISION", "chat-00007")
    log.install(write=lines.append)
    try:
        try:
            len(3)  # type: ignore[arg-type]
        except TypeError as error:
            raise Unavailable("Firestore did not answer within 5 s") from error
    except Unavailable as error:
        log.error("run failed", error=error)

    record = lines.one()
    assert record["severity"] == "ERROR"
    assert record["serviceContext"] == {"service": "chat", "version": "chat-00007"}
    assert record["stack_trace"].startswith("Traceback (most recent call last):\n  File ")
    assert "TypeError: object of type 'int' has no len()" in record["stack_trace"]
    assert record["stack_trace"].endswith("Unavailable: Firestore did not answer within 5 s")


def test_an_answered_request_is_an_http_request_without_its_query(lines: Lines) -> None:
    for status in (200, 404, 503):
        log.http("POST", "/agents/a1/runs?token=abc", status, 0.1234567, size=99, route="create_run")
    first, second, third = lines.parsed()
    assert [first["severity"], second["severity"], third["severity"]] == ["INFO", "WARNING", "ERROR"]
    assert first["httpRequest"] == {
        "requestMethod": "POST",
        "requestUrl": "/agents/a1/runs",
        "status": 200,
        "latency": "0.123457s",
        "responseSize": "99",
    }
    assert "abc" not in json.dumps(first)


def test_what_is_bound_ends_with_its_block_and_never_crosses_threads(lines: Lines) -> None:
    with log.begin(workspace="w1"):
        with log.bind(run="run_1"):
            log.info("inner")
            log.bind(run=None)
            log.info("taken away")
        log.info("outer")
        thread = threading.Thread(target=lambda: log.info("other thread"))
        thread.start()
        thread.join()
        log.begin(session="s1")
        log.info("another request on this thread")
    inner, taken, outer, other, another = lines.parsed()
    assert (inner["workspace"], inner["run"]) == ("w1", "run_1")
    assert "run" not in taken
    assert outer["workspace"] == "w1"
    assert "run" not in outer
    assert "workspace" not in other
    assert (another.get("workspace"), another["session"]) == (None, "s1")


def test_only_allowed_fields_of_plain_types_are_written(lines: Lines) -> None:
    log.info(
        "x",
        text="hello",
        prompt="hello",
        severity="CRITICAL",
        time="hello",
        httpRequest="hello",
        agent={"hello": 1},
        model=["hello"],
        run=None,
        tokens=2**80,
        cost=float("nan"),
        attempt=3,
    )
    assert b"hello" not in lines[0]
    record = lines.one()
    assert (record["severity"], record["tokens"], record["cost"], record["attempt"]) == ("INFO", str(2**80), None, 3)


def test_a_user_is_written_as_a_hash_of_its_own_workspace(lines: Lines) -> None:
    for workspace, user in (("w1", "zoe"), ("w1", "zoe"), ("w2", "zoe"), ("w1", "tom")):
        log.info("x", workspace=workspace, user=user)
    assert b"zoe" not in b"".join(lines)
    first, second, third, fourth = (record["user"] for record in lines.parsed())
    assert first == second
    assert len({first, third, fourth}) == 3


NASTY = {
    "line feed": 'a\n{"severity":"CRITICAL","message":"forged"}',
    "carriage return": "a\r\nERROR forged",
    "escape": "\x1b[2J\x1b]0;title\x07",
    "unicode lines": "a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1e",
    "directions": "abc\u202egnp.exe\u2066",
    "nul": "a\0b",
    "lone surrogate": "a\ud800b",
    "json": '","severity":"EMERGENCY","x":"',
    "one megabyte": "é" * 1_000_000,
    "one megabyte of escapes": "\n" * 1_000_000,
    "not a character": "\uffff\U0010ffff",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_text_breaks_a_line_or_changes_its_severity(text: str, lines: Lines) -> None:
    write_everywhere(text)
    assert [record["severity"] for record in lines.parsed()] == ["INFO", "ERROR", "WARNING", "ERROR"]
    assert all(len(line) < 256_000 for line in lines)


@given(st.text(max_size=400) | st.text(alphabet='\n\r\x1b\u2028\u0085"\\{}:, \ud800aé', max_size=60))
def test_no_random_text_breaks_a_line_or_changes_its_severity(shared_lines: Lines, text: str) -> None:
    shared_lines.clear()
    write_everywhere(text)
    assert [record["severity"] for record in shared_lines.parsed()] == ["INFO", "ERROR", "WARNING", "ERROR"]


def test_what_is_cut_says_so(lines: Lines) -> None:
    log.info("x" * 1_000_000, agent="y" * 1_000_000)
    record = lines.one()
    assert record["message"] == "x" * log.MESSAGE_LIMIT + "[cut]"
    assert record["agent"] == "y" * log.FIELD_LIMIT + "[cut]"


def test_agno_gets_no_handler_of_its_own(tmp_path: Path) -> None:
    script = (
        "from shared.kit import log; log.install()\n"
        "from agno.utils.log import logger\n"
        "logger.info('quiet'); logger.debug('quiet', center=True); logger.warning('quoted')\n"
    )
    done = run_python(script)
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (record["logger"], record["severity"], record["message"]) == ("agno", "WARNING", "agno logged a record")
    assert done.stderr == ""


def test_an_error_that_nobody_catches_is_one_line_on_stdout() -> None:
    done = run_python("from shared.kit import log; log.install(); int('my diagnosis')", check=False)
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert record["severity"] == "CRITICAL"
    assert record["stack_trace"].splitlines()[-1] == "ValueError"
    assert "diagnosis" not in record["stack_trace"].splitlines()[-1] + done.stderr


def test_threads_never_share_a_line() -> None:
    script = (
        "import threading\nfrom shared.kit import log\n"
        "def write():\n    for _ in range(200): log.info('x' * 1900, run='r' * 400)\n"
        "threads = [threading.Thread(target=write) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
    )
    done = run_python(script)
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 1600


def test_a_closed_stdout_does_no_harm() -> None:
    done = run_python("import os, sys\nfrom shared.kit import log\nos.close(1)\nlog.info('x')\nsys.stderr.write('went on')", check=False)
    assert done.stderr == "went on"


def test_its_import_costs_little_beside_the_frameworks() -> None:
    """3 ms where functions_framework takes 85; the best of five, because other tests run beside this one."""
    script = (
        "import logging, traceback, hashlib, orjson, datetime, typing, time\n"
        "start = time.process_time(); import shared.kit.log; own = time.process_time() - start\n"
        "start = time.process_time(); import functions_framework; print(own / (time.process_time() - start))"
    )
    run_python(script)
    assert min(float(run_python(script).stdout) for _ in range(5)) < 0.06


def run_python(script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, check=check, capture_output=True, text=True, timeout=60
    )
