"""What one caller may see of a workspace's sessions and runs: the one place that decides it.

A person who signed in sees only their own sessions, and the runs in them. An API key sees all of its workspace's, and names a user to see
that one's only. What may not be seen is not there: NotFound, in the words for what never was.
"""

from __future__ import annotations

from shared.kit.errors import NotFound
from shared.sessions.models import Run, Session
from shared.sessions.runs import RunStore
from shared.sessions.store import SessionStore
from shared.sessions.tail import Tail
from shared.workspaces.models import Principal


class Access:
    """The sessions and runs of one workspace as one caller sees them."""

    def __init__(self, sessions: SessionStore, runs: RunStore, principal: Principal) -> None:
        self._sessions = sessions
        self._runs = runs
        self._principal = principal

    def user(self, asked: str | None) -> str | None:
        """Whose sessions this request is about: the person's own, whoever `asked` names; for an API key `asked`, None for everybody's."""
        return self._principal.user if self._principal.person else asked

    def session(self, session: str, asked: str | None = None) -> Session:
        """Raises NotFound; so for the session of another user than the one that is asked for."""
        return self._seen(self._sessions.get(session), asked)

    def session_with_tail(self, session: str, asked: str | None = None) -> tuple[Session, Tail]:
        """The session and its context window in one round trip. Raises NotFound."""
        found, tail = self._sessions.get_with_tail(session)
        return self._seen(found, asked), tail

    def run(self, run: str, session: str) -> Run:
        """A run of a session, with its whole texts. Raises NotFound. A person's request reads the session too."""
        if self._principal.person and not self._owns(session):
            raise NotFound(f"Run with id '{run}' not found in session '{session}'")
        return self._runs.get(run, session)

    def known_run(self, run: str) -> None:
        """Raises NotFound when a person names a run that is not in a session of theirs; an API key may name any, which costs no read."""
        if self._principal.person:
            found = self._runs.find(run)
            if found is None or not self._owns(found.request.session):
                raise NotFound(f"Run with id '{run}' not found")

    def _owns(self, session: str) -> bool:
        found = self._sessions.find(session)
        return found is not None and found.user == self._principal.user

    def _seen(self, session: Session, asked: str | None) -> Session:
        user = self.user(asked)
        # A session that an API key made for nobody is everybody's whom an API key names, but no person's.
        if user is not None and session.user != user and (session.user or self._principal.person):
            raise NotFound(f"Agent Session with id '{session.id}' not found")
        return session
