"""The demo answerer: replies while there is no model, and says in every reply what it is."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

from local.model_files import CHAT, FetchState
from local.model_server.answers import Ending, Listener
from local.model_server.requests import Call, ChatRequest
from shared.kit.errors import Unavailable

LABEL = "This is Reggie's built-in demo answerer, not a language model."
SECONDS_PER_WORD = 0.02
_QUESTION = re.compile(
    r"(?:please\s+)?(?:what(?:'s| is)|how much is|calculate|compute|evaluate)?\s*(.+?)\s*[=?.!]*\s*", re.IGNORECASE | re.DOTALL
)
_ARITHMETIC = re.compile(r"[\d\s.()]*\d[\s)]*(?:(?:\*\*|[-+*/])[\s(-]*\d[\d.\s)]*)+")


class DemoAnswerer:
    """Says what is missing for real answers. `situation` gives the fetch's state and why a model that is there cannot be used."""

    model = "reggie-demo"

    def __init__(self, situation: Callable[[], tuple[FetchState, str]]) -> None:
        self._situation = situation

    def answer(self, request: ChatRequest, listener: Listener) -> Ending:
        """See Answerer. Shows a tool call when the message is plain arithmetic and a calculator is offered."""
        if request.schema is not None or request.tool_choice == "required":
            raise Unavailable(f"{LABEL} It cannot fill a form. {self._what_is_missing()}", retry_after=30)
        if (call := _calculation(request)) is not None:
            listener.calls((call,))
            return self._ending(request, call.arguments, "tool_calls")
        last = request.turns[-1]
        answer = f"The tool answered: {last.text.strip()}\n\n{LABEL}" if last.role == "tool" else f"{LABEL} {self._what_is_missing()}"
        for word in re.findall(r"\S+\s*", answer):
            if not listener.text(word):
                break
            time.sleep(SECONDS_PER_WORD)
        return self._ending(request, answer, "stop")

    def _what_is_missing(self) -> str:
        state, problem = self._situation()
        larger = "For a larger model, set OPENAI_API_KEY and start Reggie again."
        size = f"{CHAT.name}, {CHAT.size / 1e9:.1f} GB"
        if problem:
            return f"{problem} Set OPENAI_API_KEY and start Reggie again to get real answers."
        if state.stage == "off":
            return "Local models are switched off (REGGIE_LOCAL_MODEL). Unset that, or set OPENAI_API_KEY, and start Reggie again."
        if state.running:
            share = f"{state.bytes_done / state.bytes_total:.0%}" if state.bytes_total else "the beginning"
            doing = "being checked" if state.stage == "checking" else "being fetched"
            return f"A real model ({size}) is {doing}: {share} of {state.file}. It takes over by itself, so ask again soon. {larger}"
        if state.stage == "ready":
            return f"A real model is there and is being loaded: ask again in a few seconds. {larger}"
        if state.stage == "failed":
            return f"{state.error} `python -m local.model_files fetch` tries again. {larger}"
        return f"For real answers, fetch a model ({size}) with `python -m local.model_files fetch`; it then takes over by itself. {larger}"

    def _ending(self, request: ChatRequest, answer: str, reason: str) -> Ending:
        """Words instead of tokens: there is no model to count for."""
        asked = sum(len(turn.text.split()) for turn in request.turns)
        return Ending("tool_calls" if reason == "tool_calls" else "stop", asked, len(answer.split()))


def _calculation(request: ChatRequest) -> Call | None:
    offered = any(tool.name == "calculator" and "expression" in tool.parameters.get("properties", {}) for tool in request.tools)
    last = request.turns[-1]
    if not offered or last.role != "user" or request.tool_choice == "none" or len(last.text) > 200:
        return None
    question = _QUESTION.fullmatch(last.text.strip())
    if question is None or not _ARITHMETIC.fullmatch(question[1]):
        return None
    return Call("calculator", json.dumps({"expression": question[1]}))
