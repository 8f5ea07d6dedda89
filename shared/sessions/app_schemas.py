"""What the web app asks for beyond AgentOS's words, at the HTTP edge: search, feedback, shares, exports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel, StringConstraints

from shared.sessions import wire
from shared.sessions.models import Feedback, Run, Session
from shared.sessions.schemas import Body, RunFeedback, RunItem, SessionItem, SessionQuery, run_item, session_item, stored_run_events
from shared.sessions.search import Found
from shared.sessions.shares import Share


class SearchQuery(SessionQuery):
    """`q`: words that must all occur, the last one perhaps only begun."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    limit: int = Field(20, ge=1, le=50)


class FoundSnippet(BaseModel):
    run_id: str
    role: Literal["user", "assistant"]
    text: str
    ranges: list[tuple[int, int]]
    """From and to of each match in `text`, in UTF-16 code units, as JavaScript counts."""


class FoundSession(BaseModel):
    session_id: str
    session_name: str
    agent_id: str | None = None
    updated_at: str
    title_ranges: list[tuple[int, int]]
    """From and to of each match in `session_name`, in UTF-16 code units."""
    snippets: list[FoundSnippet]


class FoundSessions(BaseModel):
    data: list[FoundSession]


class TagItem(BaseModel):
    """A tag and how many of the caller's sessions have it, archived ones too."""

    tag: str
    sessions: int


class TagList(BaseModel):
    data: list[TagItem]


class RateRun(Body):
    """`rating` null takes the feedback back."""

    rating: Literal["up", "down"] | None
    reasons: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]] = Field([], max_length=5)
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = None

    def feedback(self) -> Feedback | None:
        if self.rating is None:
            return None
        return Feedback(self.rating, tuple(dict.fromkeys(self.reasons)), self.comment or "")


class KeptFeedback(RootModel[RunFeedback | None]):
    """The feedback as it is kept now, or null."""


class ShareItem(BaseModel):
    """A share; whoever has the `url` may read it."""

    share_id: str
    url: str
    created_at: str


class SharedMessage(BaseModel):
    role: Literal["user", "assistant"]
    content: str
    created_at: str


class SharedSession(BaseModel):
    """A conversation as it was when it was shared."""

    title: str
    agent_name: str
    created_at: str
    messages: list[SharedMessage]


class ExportQuery(SessionQuery):
    format: Literal["markdown", "json"] = "markdown"


class Export(BaseModel):
    """A session as a JSON file."""

    exported_at: str
    session: SessionItem
    runs: list[RunItem]


def found_sessions(found: list[Found]) -> FoundSessions:
    return FoundSessions(
        data=[
            FoundSession(
                session_id=each.session,
                session_name=each.name,
                agent_id=each.agent or None,
                updated_at=wire.iso(each.updated_at),
                title_ranges=each.title_ranges,
                snippets=[FoundSnippet(run_id=cut.run, role=cut.role, text=cut.text, ranges=cut.ranges) for cut in each.snippets],
            )
            for each in found
        ]
    )


def share_item(share: Share, url: str) -> ShareItem:
    """`url`: the address of the web app."""
    return ShareItem(share_id=share.id, url=f"{url}/app/share/{share.id}", created_at=wire.iso(share.created_at))


def export(session: Session, runs: list[Run], at: datetime) -> Export:
    items = [run_item(run, stored_run_events(run)) for run in runs]
    return Export(exported_at=wire.iso(at), session=session_item(session, running=any(run.open for run in runs)), runs=items)
