"""What everything that answers has in common: the model, the demo answerer, and who listens to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from local.model_server.requests import Call, ChatRequest


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ended. Tokens as the model counts them."""

    finish_reason: Literal["stop", "length", "tool_calls"]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


class Listener(Protocol):
    """Takes an answer as it comes. Each method returns False when nobody listens any more: the answer should end."""

    def text(self, words: str) -> bool: ...

    def calls(self, calls: Sequence[Call]) -> bool: ...

    def waiting(self) -> bool:
        """Nothing new, but work goes on."""
        ...


class Answerer(Protocol):
    """Answers chat requests. `model` is the name that replies carry: what really answered, not what was asked for."""

    @property
    def model(self) -> str: ...

    def answer(self, request: ChatRequest, listener: Listener) -> Ending:
        """Blocks until the answer ended or the listener left. Raises a ReggieError when there will be none."""
        ...
