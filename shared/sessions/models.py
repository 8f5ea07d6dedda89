"""A session and a run as they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from shared.sessions.messages import Message, Usage

RunState = Literal["queued", "running", "completed", "failed", "interrupted", "cancelled"]
"""`interrupted`: the model or the platform broke off and the words so far are kept; `failed`: there is no answer."""


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation. `name` is what somebody called it, `title` what it calls itself: the first message, shortened."""

    id: str
    agent: str
    user: str
    name: str
    title: str
    state: dict[str, Any]
    metadata: dict[str, Any]
    summary: dict[str, Any] | None
    usage: Usage
    cost_micros: int
    runs: int
    created_at: datetime
    updated_at: datetime
    """Of its last run or change of content; marks do not move it."""
    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    read_at: datetime | None = None
    """Up to when its user has read it."""
    shares: int = 0

    @property
    def unread(self) -> bool:
        """Whether something was answered since it was read."""
        return self.runs > 0 and self.read_at is not None and self.updated_at > self.read_at


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that does not exist yet."""

    id: str
    agent: str
    user: str
    name: str = ""
    title: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An attachment after it was stored. `blob` is its path in the workspace's blobs."""

    name: str
    content_type: str
    size: int
    blob: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run was asked for; fixed when it is accepted."""

    agent: str
    agent_name: str
    agent_version: int
    model: str
    session: str
    user: str
    message: str
    files: tuple[StoredFile, ...] = ()
    background: bool = False


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a finished run cost and how long it took. Times in seconds; money in micro-dollars, None when no price is known."""

    usage: Usage = field(default_factory=Usage)
    cost_micros: int | None = None
    first_token_after: float | None = None
    duration: float = 0.0
    database: dict[str, int] = field(default_factory=dict)

    def after(self, earlier: RunOutcome) -> RunOutcome:
        """This outcome with the tokens and the money of the run's earlier attempts added."""
        costs = [cost for cost in (earlier.cost_micros, self.cost_micros) if cost is not None]
        return replace(self, usage=earlier.usage + self.usage, cost_micros=sum(costs) if costs else None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run has no full answer: a stable kind and a sentence."""

    kind: str
    message: str
    retry_after: float | None = None
    """Seconds from the run's end after which another try may succeed; None when waiting does not help."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader thought of an answer."""

    rating: Literal["up", "down"]
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One turn. `version`, `fence`, `owner` and `age` belong to the lease: see lease.py."""

    id: str
    request: RunRequest
    state: RunState
    created_at: datetime
    fence: int
    owner: str
    version: int
    age: float
    """Seconds since the owner last wrote the run, by the database's clock at the time of reading."""
    cancel_reason: str
    body_digest: str
    parent: str | None = None
    """The run after which its message stands; empty for the first of a session, None until a waiting run's turn begins."""
    opened_at_fence: int = 0
    """The fence at which the run was last queued: what it grew by since counts the attempts that may have died."""
    content: str = ""
    reasoning: str = ""
    log: bytes = b"[]"
    """The events so far, without their words: see eventlog.py."""
    messages: tuple[Message, ...] = ()
    outcome: RunOutcome = field(default_factory=RunOutcome)
    failure: Failure | None = None
    feedback: Feedback | None = None

    @property
    def open(self) -> bool:
        """Whether the run still has something to do."""
        return self.state in ("queued", "running")
