"""The chat model in this process: llama.cpp by xllamacpp, one answer at a time."""

from __future__ import annotations

import json
import os
import platform
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from local.model_server import grammar
from local.model_server.answers import Ending, Listener
from local.model_server.log import log
from local.model_server.prompt import build_prompt
from local.model_server.requests import ChatRequest
from shared.kit.errors import Invalid, ModelFailed

CONTEXT_TOKENS = 8192
ANSWER_TOKENS = 1024
"""Kept free for the answer, whatever was asked: about 750 words."""
CHOICE_SLOT, WORDS_SLOT, SLOTS = 0, 1, 2
"""Each of the two prompts keeps what was computed for it; one place for both would forget one at each turn."""
BATCH_TOKENS = 256
"""Prompt tokens between two signs of life: 2 to 4 s on two cores."""
PROMPT_MEMORY_MIB = 192
"""For the computed prompts of other conversations: 28 kB a token, so about 7,000 tokens."""
DEFAULT_TEMPERATURE = 0.3
"""A small model strays with OpenAI's default of 1."""


class CannotRun(Exception):
    """This machine or this file cannot be used; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class _Completion:
    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


class QwenEngine:
    """A loaded chat model with ChatML turns. Not safe to use from two threads at once."""

    def __init__(self, path: Path) -> None:
        """Load the weights, about 2 s and 1.6 GB. Raises CannotRun."""
        check_processor()
        # Spinning threads halve the speed as soon as another program runs; read when the library is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            import xllamacpp
        except ImportError as error:
            raise CannotRun(f"The package xllamacpp cannot be loaded: {error}.") from error
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = SLOTS * CONTEXT_TOKENS
        parameters.n_parallel = SLOTS
        parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
        parameters.cpuparams.n_threads = max(1, cores - 1)
        parameters.cpuparams_batch.n_threads = cores
        parameters.cache_ram_mib = PROMPT_MEMORY_MIB
        # Without: 600 MB more memory for about a third more speed, on two cores.
        parameters.no_extra_bufts = True
        parameters.verbosity = 0
        try:
            self._server = xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise CannotRun(f"{path} cannot be loaded as a GGUF model.") from error
        self._model = path.stem.removesuffix("-q4_k_m")

    @property
    def model(self) -> str:
        return self._model

    def answer(self, request: ChatRequest, listener: Listener) -> Ending:
        """See Answerer. With tools, first a choice at temperature 0, then, when it is none of them, the words."""
        after_tool = request.turns[-1].role == "tool"
        spent = 0
        # A small model would call the same tool for ever, so words follow a tool's result.
        if request.tools and request.schema is None and request.tool_choice != "none" and not after_tool:
            choice = self._choose(request, listener)
            calls = grammar.read_calls(grammar.CHOICE_OPENING + choice.text, request.tools)
            if calls:
                listener.calls(calls)
                return replace(_ending(choice), finish_reason="tool_calls")
            if choice.finish_reason == "length" or request.tool_choice == "required" or not listener.waiting():
                return _ending(choice)
            spent = choice.completion_tokens
        done = self._write(request, listener, after_tool=after_tool)
        return replace(_ending(done), completion_tokens=spent + done.completion_tokens)

    def _write(self, request: ChatRequest, listener: Listener, *, after_tool: bool) -> _Completion:
        """The words, or the JSON value when a schema is given."""
        prompt = build_prompt(request, CONTEXT_TOKENS - ANSWER_TOKENS, self._count_tokens)
        if prompt.dropped:
            log.warning("the oldest %d messages were left out: the context of %d tokens is full", prompt.dropped, CONTEXT_TOKENS)
        rules = ""
        if request.schema is not None:
            rules = grammar.schema_grammar(request.schema)
        elif after_tool:
            # A tool's result is to be told as it is.
            request, rules = replace(request, temperature=0.0), grammar.words_after_tool_grammar()
        done = self._complete(prompt.text, request, rules, listener, listener.text, slot=WORDS_SLOT)
        if request.schema is not None and done.finish_reason == "stop" and listener.waiting() and not grammar.is_json(done.text):
            raise ModelFailed("The model's answer does not follow the JSON schema, which may be too hard for its runtime.")
        return done

    def _choose(self, request: ChatRequest, listener: Listener) -> _Completion:
        prompt = build_prompt(request, CONTEXT_TOKENS - ANSWER_TOKENS, self._count_tokens, to_choose=True)
        rules = grammar.choice_grammar(request.tools, must_call=request.tool_choice == "required")
        none = grammar.no_tool_choice(request.tools).removeprefix(grammar.CHOICE_OPENING)
        heard: list[str] = []

        def hear(text: str) -> bool:
            heard.append(text)
            so_far = "".join(heard)
            return not (so_far.startswith(none) or _repeats_itself(so_far)) and listener.waiting()

        plain = replace(request, temperature=0.0, stop=())
        return self._complete(prompt.text + grammar.CHOICE_OPENING, plain, rules, listener, hear, slot=CHOICE_SLOT)

    def _complete(
        self, prompt: str, request: ChatRequest, rules: str, listener: Listener, hear: Callable[[str], bool], *, slot: int
    ) -> _Completion:
        words: list[str] = []
        last: dict[str, Any] = {}
        problem: dict[str, Any] = {}

        def on_chunk(chunk: dict[str, Any]) -> bool:
            """True ends the generation. An exception would be lost in the native code, so none may leave here."""
            if "error" in chunk:
                problem.update(chunk["error"])
                return True
            choice = chunk["choices"][0]
            last.update({key: chunk[key] for key in ("usage", "timings") if key in chunk})
            if choice.get("finish_reason"):
                last["finish_reason"] = choice["finish_reason"]
            if not choice["text"]:
                return not listener.waiting()
            words.append(choice["text"])
            return not hear(choice["text"])

        self._server.handle_completions({**self._body(prompt, request, rules), "id_slot": slot}, on_chunk)
        if problem:
            sentence = str(problem.get("message", "no reason given"))
            if problem.get("code") == 400:
                raise Invalid(f"The model's runtime cannot serve this request: {sentence}. Check the JSON schemas in it.")
            raise ModelFailed(f"The model's runtime failed: {sentence}.")
        usage = last.get("usage", {})
        return _Completion(
            text="".join(words),
            finish_reason="length" if last.get("finish_reason") == "length" else "stop",
            prompt_tokens=usage.get("prompt_tokens", 0),
            completion_tokens=usage.get("completion_tokens", len(words)),
            cached_tokens=usage.get("prompt_tokens_details", {}).get("cached_tokens", 0),
        )

    def _body(self, prompt: str, request: ChatRequest, rules: str) -> dict[str, Any]:
        temperature = DEFAULT_TEMPERATURE if request.temperature is None else request.temperature
        body: dict[str, Any] = {
            "prompt": prompt,
            "n_predict": min(request.max_tokens or CONTEXT_TOKENS, CONTEXT_TOKENS),
            "temperature": temperature,
            "top_p": 0.9 if request.top_p is None else request.top_p,
            "repeat_penalty": 1.05,
            "stop": list(request.stop),
            "grammar": rules,
            "cache_prompt": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
        }
        return body if request.seed is None else {**body, "seed": request.seed}

    def _count_tokens(self, text: str) -> int:
        body = json.dumps({"content": text, "parse_special": True}).encode()
        address = f"{self._server.listening_address}/tokenize"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310  # Loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as reply:
            return len(json.loads(reply.read())["tokens"])


def check_processor() -> None:
    """Raises CannotRun on an x86 processor without AVX2, where the runtime would end this process."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:  # Not Linux; there, processors without AVX2 are long out of support.
        return
    if " avx2" not in flags:
        raise CannotRun("This processor has no AVX2 instructions, which the local model needs.")


def _repeats_itself(choice: str) -> bool:
    lines = [line.removeprefix(grammar.CHOICE_OPENING) for line in choice.split("\n")]
    return lines[-1] in lines[:-1]


def _ending(done: _Completion) -> Ending:
    return Ending(done.finish_reason, done.prompt_tokens, done.completion_tokens, done.cached_tokens)
