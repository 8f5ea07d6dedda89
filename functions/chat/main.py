"""The function `chat`."""

from shared.web.entry import entry
from shared.wiring import services, warm_after_fork

chat = entry("chat", services)
warm_after_fork("shared.web.binding", "functions.chat.runs", "shared.agents.turns", "agno.agent", "shared.adapters.agno.model")
