"""One request as a handler sees it, and what a handler may answer with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.kit.metered import DatabaseUsage
from shared.web.routes import Route
from shared.workspaces.models import Principal

Body = TypeVar("Body")

ANONYMOUS = Principal(workspace="", id="anonymous", user="", scopes=frozenset())


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    name: str
    """The field's name."""
    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed limits, authentication and authorisation. `usage` counts what it costs the database."""

    route: Route
    path: Mapping[str, str]
    principal: Principal
    headers: Mapping[str, str]
    """Names in lower case."""
    usage: DatabaseUsage = field(default_factory=DatabaseUsage)
    idempotency_key: str | None = None
    url: str = ""
    """Scheme and host by which the caller reached us."""


@dataclass(frozen=True, slots=True)
class Reply(Generic[Body]):
    """An answer with another status than 200, or with headers of its own. `body` is what a handler would return.

    In a handler's return annotation `Reply[Model]` tells the OpenAPI document the shape of the body, which may also be a plain dict of
    that shape; `Annotated[Reply[Model], 201]` tells the status, too.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """Server-sent events: what each step of `frames` gives is sent at once."""

    frames: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a browser saves and never shows; `name` may hold anything."""

    data: bytes = field(repr=False)
    name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that are ready to be sent."""

    data: bytes
    content_type: str = "application/json"
