"""The log: every record is one line of JSON, holds only what is allowed, and gives no secret away."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit import log
from shared.kit.errors import ModelFailed, Unavailable
from shared.kit.redact import redact

ROOT = Path(__file__).parents[3]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


class Lines(list[bytes]):
    def one(self) -> dict[str, Any]:
        assert len(self) == 1, self
        return self.parsed()[0]

    def parsed(self) -> list[dict[str, Any]]:
        for line in self:
            assert line.endswith(b"\n")
            assert len(line.decode().splitlines()) == 1, line
            assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line.decode()[:-1]), line
        return [json.loads(line) for line in self]


def captured() -> Iterator[Lines]:
    lines = Lines()
    root = logging.getLogger()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    before = root.handlers[:], root.level
    loggers = {name: logging.getLogger(name) for name in root.manager.loggerDict}
    levels = {name: logger.level for name, logger in loggers.items()}
    with warnings.catch_warnings():
        log.install(write=lines.append)
        with log.bind():
            try:
                yield lines
            finally:
                log.install()
                logging.captureWarnings(False)
                sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
                root.handlers[:], root.level = before
                for name in root.manager.loggerDict:
                    logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


@pytest.fixture
def lines() -> Iterator[Lines]:
    yield from captured()


@pytest.fixture(scope="module")
def shared_lines() -> Iterator[Lines]:
    """For Hypothesis, which runs many examples within one fixture."""
    yield from captured()


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


@pytest.mark.parametrize(
    ("headers", "trace", "span", "sampled"),
    [
        ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, TRACE, SPAN, True),
        ({"traceparent": f"00-{TRACE}-{SPAN}-00"}, TRACE, SPAN, False),
        ({"traceparent": f"01-{TRACE}-{SPAN}-01-later"}, TRACE, SPAN, True),
        ({"X-Cloud-Trace-Context": f"{TRACE}/255;o=1"}, TRACE, "00000000000000ff", True),
        ({"X-Cloud-Trace-Context": f"{TRACE.upper()}/0"}, TRACE, "", False),
        ({"X-Cloud-Trace-Context": TRACE}, TRACE, "", False),
        ({"traceparent": f"00-{TRACE}-{SPAN}-01", "X-Cloud-Trace-Context": f"{'1' * 32}/1;o=0"}, TRACE, SPAN, True),
        ({"traceparent": "nonsense", "X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}, TRACE, "0000000000000001", True),
    ],
)
def test_the_trace_comes_from_the_headers(headers: dict[str, str], trace: str, span: str, sampled: bool, lines: Lines) -> None:
    log.begin(headers.get)
    log.info("hello")
    record = lines.one()
    assert record["logging.googleapis.com/trace"] == trace
    assert record.get("logging.googleapis.com/spanId", "") == span
    assert record["logging.googleapis.com/trace_sampled"] is sampled


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"{TRACE}/{10**30};o=1",
        f"{TRACE}/1;o=1; x",
        "x" * 1_000_000,
        f'{TRACE[:-1]}"/1',
    ],
)
def test_a_malformed_trace_header_gives_a_new_trace(value: str) -> None:
    first = log.begin({"traceparent": value, "X-Cloud-Trace-Context": value}.get).trace
    second = log.begin({"traceparent": value, "X-Cloud-Trace-Context": value}.get).trace
    assert first is not None
    assert second is not None
    assert first.trace_id != second.trace_id
    assert first.trace_id != TRACE


def test_a_trace_that_is_handed_on_is_found_again() -> None:
    with log.begin({"traceparent": f"00-{TRACE}-{SPAN}-01"}.get) as bound:
        assert bound.trace is not None
        assert bound.trace.traceparent() == f"00-{TRACE}-{SPAN}-01"
    with log.begin() as bound:
        assert bound.trace is not None
        handed_on = log.begin({"traceparent": bound.trace.traceparent()}.get).trace
        assert handed_on is not None
        assert handed_on.trace_id == bound.trace.trace_id


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
    for workspace, user in (("w1", "ada"), ("w1", "ada"), ("w2", "ada"), ("w1", "bob")):
        log.info("x", workspace=workspace, user=user)
    assert b"ada" not in b"".join(lines)
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


def write_everywhere(text: str) -> None:
    """Four records with `text` wherever a caller could put one."""
    log.begin({"traceparent": text, "X-Cloud-Trace-Context": text}.get, workspace=text, user=text, function=text)
    log.info(text, run=text, reason=text, **{text: text} if text.isidentifier() and text not in {"message"} else {})
    try:
        raise OSError(5, text)
    except OSError as error:
        log.error("failed", error=error)
    logging.getLogger("some.library").warning("it said %s", text)
    log.http(text, text, 500, 0.1, error=RuntimeError(text))


SECRETS = {
    "api key": "rg_live_Zk3vX9qLw2RtY7uB",
    "openai": "sk-proj-abcDEF1234567890abcdef",
    "anthropic": "sk-ant-api03-AbCdEf123456",
    "stripe": "sk_live_4eC39HqLyjWDarjtT1",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI",
    "webhook base64": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD/=",
    "google api key": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "google oauth": "ya29.a0AfH6SMBexample_token-1234",
    "google client": "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",
    "github": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "gitlab": "glpat-zzzzzzzzzzzzzzzzzzzz",
    "slack": "xoxb-123456789012-abcdefghijkl",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "mail": "ada.lovelace+test@example.co.uk",
    "visa": "4111 1111 1111 1111",
    "mastercard": "5555-5555-5555-4444",
    "amex": "378282246310005",
}
IN_CONTEXT = {
    "bearer": ("Authorization: Bearer {}", "abc123def456"),
    "basic": ("Basic {}", "dXNlcjpwYXNz"),
    "password": ("password={}", "hunter22"),
    "password in JSON": ('{{"password": "{}"}}', "correct-horse"),
    "password in escaped JSON": ('{{\\"password\\": \\"{}\\"}}', "correct-horse"),
    "python": ("{{'api_key': '{}'}}", "abcdef"),
    "token": ("token: {}", "q1w2e3r4"),
    "cookie": ("Cookie: {}", "session=abcdefgh"),
    "client secret": ("client_secret={}&x=1", "s3cr3t"),
    "signed address": ("https://storage.example/a?X-Goog-Signature={}", "0a1b2c3d4e5f"),
    "login in an address": ("postgres://ada:{}@db.example/x", "pa55word"),
    "private key": ("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0B"),
}
PLANTED = {**{name: ("{}", secret) for name, secret in SECRETS.items()}, **IN_CONTEXT}


def test_thirty_secrets_are_planted() -> None:
    assert len(PLANTED) >= 30


@pytest.mark.parametrize(("sentence", "secret"), PLANTED.values(), ids=PLANTED.keys())
@pytest.mark.parametrize("around", ["{}", "before {} after", '("{}")', "x" * 1_990 + " {}", "\n{}\n"])
def test_no_secret_reaches_the_log(sentence: str, secret: str, around: str, lines: Lines) -> None:
    write_everywhere(around.format(sentence.format(secret)))
    written = b"".join(lines).decode()
    assert secret not in written
    assert secret[: len(secret) // 2 + 3] not in written
    lines.parsed()


@pytest.mark.parametrize(
    "text",
    [
        "run_mfrggzdfmztwq2lknnwg23tpob finished in 1234567890123 us",
        "2026-11-22T12:00:00.123456Z",
        "4111111111111112",
        "tasks-and-risks of desk-lamps",
        'File "shared/kit/log.py", line 12, in bind',
        "POST /agents/assistant/runs 200",
        "1234567890.123456",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


MESSAGE_TEXT = "my diagnosis is a rare one"


def raise_quoting() -> None:
    raise ValueError(f"cannot parse {MESSAGE_TEXT!r}")


def in_a_model_error() -> None:
    log.error("model failed", error=ModelFailed(f"the server said: {MESSAGE_TEXT}"))


def in_a_cause() -> None:
    try:
        try:
            raise_quoting()
        except ValueError as error:
            raise KeyError(MESSAGE_TEXT) from error
    except KeyError as error:
        log.error("crashed", error=error)


def in_a_library_record() -> None:
    for name in ("agno", "agno.models", "openai._base_client", "httpx"):
        logging.getLogger(name).error(MESSAGE_TEXT)
        logging.getLogger(name).warning("request %s", {"content": MESSAGE_TEXT})


def in_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(MESSAGE_TEXT, stacklevel=1)


def in_an_uncaught_error_of_a_thread() -> None:
    thread = threading.Thread(target=raise_quoting)
    thread.start()
    thread.join()


@pytest.mark.parametrize("leak", [in_a_model_error, in_a_cause, in_a_library_record, in_a_warning, in_an_uncaught_error_of_a_thread])
def test_message_text_does_not_slip_in(leak: Callable[[], None], lines: Lines, capfd: pytest.CaptureFixture[str]) -> None:
    leak()
    printed = capfd.readouterr()
    assert lines.parsed(), "the event itself must be logged"
    assert MESSAGE_TEXT not in b"".join(lines).decode() + printed.out + printed.err


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


def test_its_import_takes_under_five_milliseconds() -> None:
    """Beyond what any entry point has loaded anyway; the best of five, because other tests run beside this one."""
    script = (
        "import logging, traceback, hashlib, orjson, datetime, typing, time\n"
        "start = time.process_time(); import shared.kit.log; print(time.process_time() - start)"
    )
    run_python(script)
    assert min(float(run_python(script).stdout) for _ in range(5)) < 0.005


def run_python(script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, check=check, capture_output=True, text=True, timeout=60
    )
