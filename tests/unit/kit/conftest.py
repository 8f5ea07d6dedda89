"""Catches what the log writes."""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from shared.kit import log


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


def write_everywhere(text: str) -> None:
    """Four records with `text` wherever a caller could put one."""
    log.begin({"traceparent": text, "X-Cloud-Trace-Context": text}.get, workspace=text, user=text, function=text)
    log.info(text, run=text, reason=text, **{text: text} if text.isidentifier() and text not in {"message"} else {})
    try:
        raise OSError(5, text)
    except OSError as error:
        log.error("failed", error=error)
    root = logging.getLogger()
    # Not to pytest's handlers: they would put the text into a report that cannot carry lone surrogates from worker to worker.
    root.handlers[:] = [handler for handler in root.handlers if type(handler).__module__ == log.__name__]
    logging.getLogger("some.library").warning("it said %s", text)
    log.http(text, text, 500, 0.1, error=RuntimeError(text))
