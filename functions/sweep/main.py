"""The function `sweep`."""

from shared.web.entry import entry
from shared.wiring import services

sweep = entry("sweep", services)
