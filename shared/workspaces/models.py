"""Who is calling, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.kit.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant: a team with its agents, sessions and documents."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A credential of a workspace. The secret itself is never kept: `digest` is its SHA-256, hex."""

    id: str
    workspace: str
    user: str
    name: str
    digest: str
    scopes: frozenset[str]
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one request, passed as an argument and never ambient."""

    workspace: str
    id: str
    """Names the credential: `key:...` or `user:...`; the idempotency of a request is bound to it."""
    user: str
    """The person or service that owns the credential."""
    scopes: frozenset[str]
    person: bool = False
    """Whether a person signed in, who sees their own sessions only; False for an API key, which sees its workspace's."""

    def require(self, scope: str) -> None:
        """Raises Forbidden unless the caller holds `scope`."""
        if scope not in self.scopes:
            raise Forbidden(f"this credential lacks the scope {scope}; ask an owner of the workspace for a key that has it")
