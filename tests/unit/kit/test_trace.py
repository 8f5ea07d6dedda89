"""The trace of a request: taken from its headers, made anew when they are malformed, handed on whole."""

from __future__ import annotations

import pytest

from shared.kit import log
from tests.unit.kit.conftest import Lines

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


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
