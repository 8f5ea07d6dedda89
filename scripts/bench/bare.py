"""The smallest function there is: what the Functions Framework itself takes to start."""

from __future__ import annotations

import functions_framework
from flask import Request


@functions_framework.http
def bare(request: Request) -> str:  # noqa: ARG001
    """Answers everything."""
    return "ok"
