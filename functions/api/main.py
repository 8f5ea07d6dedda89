"""The function `api`."""

from shared.web.entry import entry
from shared.wiring import services

api = entry("api", services)
