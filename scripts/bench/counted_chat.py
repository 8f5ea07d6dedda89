"""The function `chat` with its documents counted: the source of a Functions Framework."""

from __future__ import annotations

import os

from functions.chat.main import chat
from scripts.bench.counting import count_documents

# The client may only be imported once the server has forked its worker.
os.register_at_fork(after_in_child=count_documents)

__all__ = ["chat"]
