"""Whether this function answers at all. It asks no other service: a health check must not fail because a neighbour does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.web.call import Call

_STARTED = datetime.now(UTC).isoformat().replace("+00:00", "Z")


def health(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """`{"status": "ok", "instantiated_at": ISO}`, as AgentOS answers."""
    return {"status": "ok", "instantiated_at": _STARTED}
