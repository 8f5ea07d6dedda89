"""Runs without a caller who waits."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.kit import log
from shared.kit.bus import decode_push
from shared.kit.errors import Invalid
from shared.kit.metered import DatabaseUsage
from shared.web.call import Call
from shared.wiring import services


class Envelope(BaseModel):
    """A Pub/Sub push envelope."""

    model_config = ConfigDict(extra="allow")


def work_on_run(call: Call, body: Envelope) -> dict[str, Any]:  # noqa: ARG001
    """See the run that the message names to its end, unless somebody else works on it. Safe to deliver any number of times."""
    data = decode_push(body.model_dump()).message.data
    workspace, run = data.get("workspace"), data.get("run")
    if not isinstance(workspace, str) or not isinstance(run, str):
        raise Invalid("the message must name its workspace and its run")
    log.bind(workspace=workspace, run=run)
    worked = services.turns_of(workspace, DatabaseUsage()).recover(run)
    return {"worked": worked}
