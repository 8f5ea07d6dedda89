"""The scopes: `resource:action`, named as AgentOS names them."""

from __future__ import annotations

from typing import Final

PUBLIC: Final = "public"
"""Marks a route that needs no credential."""

INTERNAL: Final = "internal"
"""Marks a route that only the platform's own senders may call: Pub/Sub push and the scheduler, with a signed token."""

SCOPES: Final = frozenset(
    {
        "config:read",
        "account:write",
        "agents:read",
        "agents:run",
        "sessions:read",
        "sessions:write",
        "sessions:delete",
    }
)
"""Every scope that a route may ask for and a key may hold."""
