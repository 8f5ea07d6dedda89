"""Which trace a request belongs to, from the headers that carry it.

Formats: https://www.w3.org/TR/trace-context/#traceparent-header and https://cloud.google.com/trace/docs/trace-context#legacy-http-header.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_CLOUD_TRACE = re.compile(r"([0-9a-fA-F]{32})(?:/([0-9]{1,20}))?(?:;o=([0-3]))?")
_MAX_SPAN = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Trace:
    """`trace_id` is 32 hex digits, `span_id` 16 or empty when nobody named one."""

    trace_id: str
    span_id: str = ""
    sampled: bool = False

    def traceparent(self) -> str:
        """The header that hands this trace on; a span is made up when there is none."""
        return f"00-{self.trace_id}-{self.span_id or os.urandom(8).hex()}-{'01' if self.sampled else '00'}"


def new_trace() -> Trace:
    """A trace of our own, for a request that names none."""
    return Trace(os.urandom(16).hex())


def parse_trace(header: Callable[[str], str | None]) -> Trace | None:
    """The trace of a request: `traceparent` first, then `X-Cloud-Trace-Context`. `header` looks one up; malformed ones count as absent."""
    return _from_traceparent(header("traceparent") or "") or _from_cloud_trace(header("X-Cloud-Trace-Context") or "")


def _from_traceparent(value: str) -> Trace | None:
    match = _TRACEPARENT.fullmatch(value.strip(" \t"))
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if not trace_id.strip("0") or not span_id.strip("0") or (rest and version == "00"):
        return None
    return Trace(trace_id, span_id, bool(int(flags, 16) & 1))


def _from_cloud_trace(value: str) -> Trace | None:
    match = _CLOUD_TRACE.fullmatch(value.strip(" \t"))
    if match is None or not match[1].strip("0"):
        return None
    span = int(match[2] or 0)
    return Trace(match[1].lower(), f"{span:016x}" if 0 < span <= _MAX_SPAN else "", match[3] in ("1", "3"))
