"""The function `worker`."""

from shared.web.entry import entry
from shared.wiring import services, warm_after_fork

worker = entry("worker", services)
warm_after_fork("shared.web.binding", "functions.worker.runs", "shared.agents.turns", "agno.agent", "shared.adapters.agno.model")
