"""Whether this function answers at all. It asks no other service: a health check must not fail because a neighbour does."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.web.call import Call, Reply

_STARTED = datetime.now(UTC).isoformat().replace("+00:00", "Z")


def health(call: Call) -> Reply:  # noqa: ARG001
    """`{"status": "ok", "instantiated_at": ISO}`, as AgentOS answers."""
    return Reply({"status": "ok", "instantiated_at": _STARTED})
