"""The agent that both sides serve."""

from __future__ import annotations

from typing import Final

AGENT: Final = "bench"
INSTRUCTIONS: Final = "You are an assistant. Answer briefly and truthfully."
