"""The log: one JSON object per line on stdout, in one write, as Cloud Logging and Error Reporting read it.

    log.begin(request.headers.get, function="chat", workspace="w1")   # first thing in a request
    log.bind(run=run_id, session=session_id)                          # as they become known
    log.info("run finished", status="completed", ms=812, tokens=340)
    log.error("run failed", error=error)                              # with a stack trace

A message is a fixed sentence; what varies goes into fields. Only the fields in FIELDS are written, all others are dropped, and
message text belongs in none of them. Formats: https://cloud.google.com/logging/docs/structured-logging and
https://cloud.google.com/error-reporting/docs/formatting-error-messages.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal, Self

import orjson

from shared.kit.errors import ReggieError, Unavailable
from shared.kit.redact import clean
from shared.kit.trace import Trace, new_trace, parse_trace

Severity = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

LABELS: Final = frozenset({"function", "request", "topic", "subscription"})
"""Fields that become labels, which log-based metrics can group by: few values, or bound for the whole request."""
FIELDS: Final = LABELS | {
    *("workspace", "user", "session", "run", "agent", "model", "provider", "key", "principal", "scope", "route", "delivery", "logger"),
    *("status", "reason", "kind", "stage", "ms", "first_token_ms", "cpu_ms", "tokens", "input_tokens", "output_tokens", "cost"),
    *("reads", "writes", "commits", "events", "attempt", "attempts", "retry_after", "size", "count", "limit", "version", "port", "pid"),
    *("cold", "stream", "adapter", "fault"),
}
"""What may be written besides the message. `user` is written as a hash; `cost` in US dollars, `size` in bytes."""

MESSAGE_LIMIT, FIELD_LIMIT, STACK_LIMIT = 2_000, 500, 16_000
"""Characters: Cloud Logging refuses an entry of more than 256 KB, https://cloud.google.com/logging/quotas."""

_LEVELS: Final[dict[Severity, int]] = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
_TELLING = (AttributeError, ImportError, MemoryError, NameError, NotImplementedError, RecursionError, TypeError, Unavailable)
"""Errors whose text names code or a service and never data; of others only the class and the place are logged."""
_SILENCED = ("agno", "agno-team", "agno-workflow", "openai", "httpx", "httpcore", "pydantic", "py.warnings", "asyncio")
"""Loggers whose text may quote what people write: of their records only name, level and place are logged."""
_QUIET = (*_SILENCED, "google", "urllib3", "grpc", "werkzeug", "requests", "functions_framework")


class _Context:
    """What is bound at one moment. Never changed, only replaced. A plain class, as is the next: dataclasses would double the import."""

    __slots__ = ("fields", "trace")

    def __init__(self, fields: Mapping[str, Any], trace: Trace | None) -> None:
        self.fields = fields
        self.trace = trace


class _Settings:
    __slots__ = ("level", "project", "revision", "service", "write")

    def __init__(self, write: Callable[[bytes], None], level: int) -> None:
        self.write = write
        self.level = level
        self.project = os.environ.get("GOOGLE_CLOUD_PROJECT", "")
        self.service = os.environ.get("K_SERVICE", "reggie")
        self.revision = os.environ.get("K_REVISION", "")


_writing = threading.RLock()  # Reentrant: a signal handler may log while its own thread writes.


def _write_stdout(line: bytes) -> None:
    with _writing:
        try:
            done = os.write(1, line)
            while done < len(line):  # Only a signal in the midst of a full pipe gets here.
                done += os.write(1, line[done:])
        except OSError:
            return  # Nobody reads the log any more, and there is no other place to say so.


_in_use = [_Settings(_write_stdout, logging.INFO)]
_UNBOUND = _Context({}, None)
_context: ContextVar[_Context] = ContextVar("log", default=_UNBOUND)


class Bound:
    """What `begin` and `bind` give back. As a context manager it restores, at the end, what was bound before."""

    __slots__ = ("_before", "trace")

    def __init__(self, before: _Context, trace: Trace | None) -> None:
        self._before = before
        self.trace = trace

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None) -> None:
        _context.set(self._before)


def begin(header: Callable[[str], str | None] | None = None, **fields: Any) -> Bound:
    """Forget what this thread had bound and bind `fields`, and the trace that the headers name, or a new one. `header` looks one up."""
    before = _context.get()
    trace = (parse_trace(header) if header else None) or new_trace()
    _context.set(_Context(fields, trace))
    return Bound(before, trace)


def bind(**fields: Any) -> Bound:
    """Write these fields with every later record of this request. None takes a field away."""
    before = _context.get()
    _context.set(_Context({**before.fields, **fields}, before.trace))
    return Bound(before, before.trace)


def debug(message: str, **fields: Any) -> None:
    """For a person who is looking for something; off unless `install("DEBUG")`."""
    _emit("DEBUG", message, fields)


def info(message: str, **fields: Any) -> None:
    """What happened."""
    _emit("INFO", message, fields)


def warning(message: str, *, error: BaseException | None = None, **fields: Any) -> None:
    """Something was off and has been dealt with."""
    _emit("WARNING", message, fields, error)


def error(message: str, *, error: BaseException | None = None, **fields: Any) -> None:
    """Somebody should look. With `error` its stack trace is written, so that Error Reporting groups it."""
    _emit("ERROR", message, fields, error)


def critical(message: str, *, error: BaseException | None = None, **fields: Any) -> None:
    """This process cannot go on."""
    _emit("CRITICAL", message, fields, error)


def http(
    method: str, path: str, status: int, seconds: float, *, size: int | None = None, error: BaseException | None = None, **fields: Any
) -> None:
    """One answered request. `path` without its query, `size` of the answer in bytes. 5xx is an ERROR, 4xx a WARNING."""
    severity: Severity = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
    request = {
        "requestMethod": clean(method, 16),
        "requestUrl": clean(path.partition("?")[0], FIELD_LIMIT),
        "status": status,
        "latency": f"{seconds:.6f}s",
    }
    if size is not None:
        request["responseSize"] = str(size)
    _emit(severity, f"{request['requestMethod']} {request['requestUrl']} {status}", fields, error, {"httpRequest": request})


def install(level: Severity = "INFO", write: Callable[[bytes], None] | None = None) -> None:
    """Make this the only log of the process: for the libraries' loggers, for warnings and for what nobody catches.

    `write` takes a whole line, `\\n` at its end; stdout without one. May be called again; the last call counts.
    """
    _in_use[0] = _Settings(write or _write_stdout, _LEVELS[level])
    root = logging.getLogger()
    root.handlers[:] = [_LibraryHandler()]
    root.setLevel(level)
    for name in {*_QUIET, *root.manager.loggerDict}:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        # A level that is set also keeps agno from adding a handler of its own (agno/utils/log.py, build_logger).
        logging.getLogger(name).setLevel(max(_LEVELS[level], logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, _place: _uncaught(kind, error)
    threading.excepthook = lambda caught: _uncaught(caught.exc_type, caught.exc_value)
    sys.unraisablehook = lambda caught: _uncaught(caught.exc_type, caught.exc_value)


def install_if_none() -> None:
    """`install()`, unless the program that runs this process has chosen its log already."""
    if not any(isinstance(handler, _LibraryHandler) for handler in logging.getLogger().handlers):
        install()


def _uncaught(kind: type[BaseException], error: BaseException | None) -> None:
    if not issubclass(kind, (KeyboardInterrupt, SystemExit)):
        _emit("CRITICAL", "nobody caught this error", {}, error if error is not None else kind())


class _LibraryHandler(logging.Handler):
    """Writes what libraries log; what the silenced ones say is left out."""

    def emit(self, record: logging.LogRecord) -> None:
        severity: Severity = "DEBUG"
        for name, level in _LEVELS.items():
            severity = name if record.levelno >= level else severity
        silenced = record.name.partition(".")[0] in _SILENCED or record.name in _SILENCED
        try:
            message = f"{record.name} logged a record" if silenced else record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = str(record.msg)
        place = (record.pathname, record.lineno, record.funcName)
        _emit(severity, message, {"logger": record.name}, record.exc_info[1] if record.exc_info else None, place=place)


def _emit(
    severity: Severity,
    message: str,
    fields: Mapping[str, Any],
    error: BaseException | None = None,
    extra: Mapping[str, Any] | None = None,
    place: tuple[str, int, str] | None = None,
) -> None:
    settings, context = _in_use[0], _context.get()
    if _LEVELS[severity] < settings.level:
        return
    record: dict[str, Any] = {
        "severity": severity,
        "message": clean(message, MESSAGE_LIMIT),
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    _add_fields(record, {**context.fields, **fields})
    if context.trace is not None:
        trace = context.trace
        record["logging.googleapis.com/trace"] = (
            f"projects/{settings.project}/traces/{trace.trace_id}" if settings.project else trace.trace_id
        )
        if trace.span_id:
            record["logging.googleapis.com/spanId"] = trace.span_id
        record["logging.googleapis.com/trace_sampled"] = trace.sampled
    if _LEVELS[severity] >= logging.WARNING:
        file, line, function = place or _caller()
        record["logging.googleapis.com/sourceLocation"] = {"file": file, "line": str(line), "function": function}
    if error is not None:
        record["stack_trace"] = clean(_stack_trace(error), STACK_LIMIT, keep_lines=True)
        record["serviceContext"] = {"service": settings.service, "version": settings.revision}
    record.update(extra or {})
    settings.write(orjson.dumps(record) + b"\n")


def _add_fields(record: dict[str, Any], fields: Mapping[str, Any]) -> None:
    labels: dict[str, str] = {}
    for name, value in fields.items():
        if value is None or name not in FIELDS:
            continue
        if name == "user":
            record[name] = _hashed(value, fields.get("workspace"))
        elif name in LABELS:
            labels[name] = clean(str(value), FIELD_LIMIT)
        elif isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**53):
            record[name] = value
        elif isinstance(value, str | int):
            record[name] = clean(str(value), FIELD_LIMIT)
    if labels:
        record["logging.googleapis.com/labels"] = labels


def _hashed(user: object, workspace: object) -> str:
    """The same user of the same workspace gives the same 16 hex digits. A pseudonym: who knows the id can find its records."""
    digest = hashlib.blake2b(str(user).encode(errors="replace"), digest_size=8, person=b"reggie-log-user")
    digest.update(b"\0" + str(workspace).encode(errors="replace"))
    return digest.hexdigest()


def _caller() -> tuple[str, int, str]:
    frame = sys._getframe(2)  # noqa: SLF001  # As logging does; inspect would cost 5 ms at import.
    own = frame.f_code.co_filename
    while frame.f_back is not None and frame.f_code.co_filename == own:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


def _stack_trace(error: BaseException) -> str:
    """As Python prints it, which Error Reporting parses; with the text of an error only where it cannot quote data."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < 8:
        seen.add(id(current))
        frames = traceback.format_list(traceback.extract_tb(current.__traceback__, limit=-30))
        parts.append("".join(["Traceback (most recent call last):\n", *frames, _described(current)]))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n\nThe error above led to this one:\n\n".join(reversed(parts))


def _described(error: BaseException) -> str:
    name = type(error).__qualname__
    if isinstance(error, OSError):
        return f"{name}: {error.strerror or error.errno}"
    if isinstance(error, _TELLING):
        return f"{name}: {error}"
    return f"{name}: {error.kind}" if isinstance(error, ReggieError) else name
