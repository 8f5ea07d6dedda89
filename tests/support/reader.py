"""A reader of runs whose connections break: it takes each run up again until it has read the last event."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.kit.ids import new_id
from tests.e2e.streams import Frame, frames

LAST_EVENTS = ("RunCompleted", "RunError", "RunCancelled")
AGENT = "/agents/assistant/runs"


@dataclass(slots=True)
class Reader:
    """Sends one message and reads its run, over as many connections as that takes.

    `client` opens a client for the next connection; `way` names how the run was taken up: `post`, `events` or `resume`.
    """

    message: str
    client: Callable[[], httpx.Client]
    choice: random.Random
    session: str = field(default_factory=lambda: new_id("ses"))
    key: str = field(default_factory=lambda: new_id("key"))
    seen: list[Frame] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    broken_off: bool = False
    """The last connection ended with an event that told that the run cannot be read on for now."""
    status: int = 0
    """Of the last connection; 0 when it broke before there was one."""

    @property
    def run(self) -> str:
        run: str = self.seen[0].data["run_id"]
        return run

    @property
    def ended(self) -> bool:
        return bool(self.seen) and self.seen[-1].event in LAST_EVENTS

    @property
    def indexes(self) -> list[int]:
        return [frame.id for frame in self.seen if frame.id is not None]

    def words(self) -> str:
        """The answer as the last attempt streamed it."""
        answer = ""
        for frame in self.seen:
            if frame.event == "RunStarted":
                answer = ""
            elif frame.event == "RunContent":
                answer += frame.data.get("content", "")
        return answer

    def read(self, limit: int | None = None) -> None:
        """Read over one more connection, to the end or until it breaks; with `limit`, this side breaks it after so many bytes."""
        self.status, self.broken_off = 0, False
        with self.client() as client:
            for frame in _complete(self._take_up(client), limit):
                if frame.id is not None:
                    self.seen.append(frame)
                elif frame.event == "RunError":
                    self.broken_off = True
                else:
                    assert frame.event in ("catch_up", "replay", "subscribed"), frame

    def read_to_the_end(self, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not self.ended:
            assert time.monotonic() < deadline, (self.ways, self.indexes)
            self.read()

    def stored(self, client: httpx.Client) -> dict[str, Any]:
        answer = client.get(f"{AGENT}/{self.run}", params={"session_id": self.session})
        assert answer.status_code == 200, answer.text
        output: dict[str, Any] = answer.json()
        return output

    def _take_up(self, client: httpx.Client) -> Iterator[bytes]:
        if not self.seen:
            self.ways.append("post")
            form = {"message": self.message, "session_id": self.session}
            request = client.build_request("POST", AGENT, data=form, headers={"Idempotency-Key": self.key})
        elif self.choice.random() < 0.5:
            self.ways.append("events")
            headers = {"Last-Event-ID": str(self.indexes[-1])}
            request = client.build_request("GET", f"{AGENT}/{self.run}/events", params={"session_id": self.session}, headers=headers)
        else:
            self.ways.append("resume")
            form = {"session_id": self.session, "last_event_index": str(self.indexes[-1])}
            request = client.build_request("POST", f"{AGENT}/{self.run}/resume", data=form)
        try:
            answer = client.send(request, stream=True)
            try:
                self.status = answer.status_code
                assert self.status in (200, 503), answer.read()
                if self.status == 200:
                    yield from answer.iter_raw()
            finally:
                answer.close()
        except httpx.TransportError:
            return


def _complete(pieces: Iterator[bytes], limit: int | None) -> Iterator[Frame]:
    """The events that arrived whole among the first `limit` bytes; what a break cut in two is dropped, as an SSE reader drops it."""
    buffer, received = b"", 0
    for piece in pieces:
        taken = piece if limit is None else piece[: limit - received]
        received += len(taken)
        buffer += taken
        end = buffer.rfind(b"\n\n") + 2
        if end > 1:
            yield from frames(buffer[:end])
            buffer = buffer[end:]
        if limit is not None and received >= limit:
            return


def assert_once(indexes: Sequence[int]) -> None:
    """Every event of each attempt came once, in order, without a gap; an attempt begins at its own million."""
    before = -1
    for index in indexes:
        assert index == before + 1 or (index > before and index % 1_000_000 == 0), indexes
        before = index
