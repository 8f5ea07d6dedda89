"""Reading a run's stream of server-sent events byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it stood on the wire; `id` is None when the frame has none."""

    raw: bytes
    id: int | None
    event: str
    data: dict[str, Any]


def frames(body: bytes) -> list[Frame]:
    """The events of a whole stream; comments are left out. Fails when a frame is not AgentOS's two lines with our `id` before them."""
    found = []
    assert body.endswith(b"\n\n") or not body
    for raw in body.split(b"\n\n")[:-1]:
        if raw.startswith(b":"):
            assert b"\n" not in raw
            continue
        lines = raw.split(b"\n")
        names = [line.partition(b": ")[0] for line in lines]
        assert names in ([b"id", b"event", b"data"], [b"event", b"data"]), raw
        values = {name: line.partition(b": ")[2] for name, line in zip(names, lines, strict=True)}
        number = int(values[b"id"]) if b"id" in values else None
        found.append(Frame(raw + b"\n\n", number, values[b"event"].decode(), orjson.loads(values[b"data"])))
    return found


def run(client: httpx.Client, message: str, session: str = "", agent: str = "assistant", **form: str) -> dict[str, Any]:
    """The whole answer to a message."""
    headers = {"Idempotency-Key": key} if (key := form.pop("key", "")) else {}
    answer = client.post(
        f"/agents/{agent}/runs", data={"message": message, "stream": "false", "session_id": session, **form}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    output: dict[str, Any] = answer.json()
    return output


def stream(client: httpx.Client, message: str, session: str = "", **form: str) -> bytes:
    """The whole stream of a message."""
    answer = client.post("/agents/assistant/runs", data={"message": message, "session_id": session, **form})
    assert answer.status_code == 200, answer.text
    return answer.content


def content(found: list[Frame]) -> str:
    """The words of the answer as they were streamed."""
    return "".join(frame.data.get("content", "") for frame in found if frame.event == "RunContent")


def live_frames(response: httpx.Response) -> Iterator[Frame]:
    """The events of a stream that is still open, one by one as they come."""
    buffer = b""
    for chunk in response.iter_raw():
        buffer += chunk
        end = buffer.rfind(b"\n\n") + 2
        if end > 1:
            yield from frames(buffer[:end])
            buffer = buffer[end:]
