"""Workspaces, users and keys as documents of the platform's own store: the few things that lie outside any workspace."""

from __future__ import annotations

from shared.kit.documents import SERVER_TIME, Create, Documents, Snapshot, Where
from shared.kit.errors import NotFound
from shared.kit.ids import derived_id
from shared.workspaces.models import ApiKey, Workspace

PLATFORM_ROOT = "platform/main"
"""Where the platform's documents lie; a workspace's lie below `workspaces/{id}`."""


def workspace_root(workspace: str) -> str:
    """The root of everything that belongs to one workspace, in documents and blobs alike."""
    return f"workspaces/{workspace}"


def address_id(email: str) -> str:
    """What an e-mail address is kept under: the same for each way to write its letters' case."""
    return derived_id("eml", email.lower())


def email_path(email: str) -> str:
    """The document that leads from an address to its user."""
    return f"emails/{address_id(email)}"


class Directory:
    """The directory of workspaces, users and keys."""

    def __init__(self, platform: Documents) -> None:
        self._documents = platform

    def add_workspace(self, workspace: Workspace) -> None:
        """Raises AlreadyExists."""
        self._documents.commit(Create(f"workspaces/{workspace.id}", {"name": workspace.name, "created_at": SERVER_TIME}))

    def workspace(self, workspace: str) -> Workspace:
        """Raises NotFound."""
        (snapshot,) = self._documents.get(f"workspaces/{workspace}")
        if snapshot is None:
            raise NotFound("no such workspace")
        return Workspace(workspace, snapshot.fields["name"])

    def workspaces(self, limit: int = 500, after: str | None = None) -> list[Workspace]:
        """Workspaces by id, behind the id `after`."""
        found = self._documents.query("workspaces", limit=limit, after=None if after is None else (after,))
        return [Workspace(snapshot.id, snapshot.fields["name"]) for snapshot in found]

    def add_user(self, user: str, email: str, password_hash: str, name: str = "") -> None:
        """Raises AlreadyExists, also when the address is taken."""
        self._documents.commit(
            Create(f"users/{user}", {"email": email, "name": name, "password": password_hash, "created_at": SERVER_TIME}),
            Create(email_path(email), {"user": user}),
        )

    def add_member(self, workspace: str, user: str) -> None:
        """Make a user a member of a workspace. Raises AlreadyExists."""
        membership = {"workspace": workspace, "user": user, "created_at": SERVER_TIME}
        self._documents.commit(Create(f"memberships/{derived_id('mem', workspace, user)}", membership))

    def workspaces_of(self, user: str) -> list[Workspace]:
        """The workspaces that a user is a member of, the one they joined first in front; at most 500."""
        found = self._documents.query("memberships", where=(Where("user", "==", user),), limit=500)
        ids = [each.fields["workspace"] for each in sorted(found, key=lambda each: (each.fields["created_at"], each.id))]
        known = self._documents.get(*(f"workspaces/{workspace}" for workspace in ids)) if ids else []
        return [Workspace(snapshot.id, snapshot.fields["name"]) for snapshot in known if snapshot is not None]

    def add_key(self, key: ApiKey) -> None:
        """Raises AlreadyExists."""
        self._documents.commit(
            Create(
                f"keys/{key.id}",
                {
                    "workspace": key.workspace,
                    "user": key.user,
                    "name": key.name,
                    "digest": key.digest,
                    "scopes": sorted(key.scopes),
                    "expires_at": key.expires_at,
                    "revoked": key.revoked,
                    "created_at": SERVER_TIME,
                },
            )
        )

    def key(self, key_id: str) -> tuple[ApiKey, Snapshot]:
        """A key with the snapshot it was read from, whose `read_at` is the time to compare its expiry with. Raises NotFound."""
        (snapshot,) = self._documents.get(f"keys/{key_id}")
        if snapshot is None:
            raise NotFound("no such key")
        fields = snapshot.fields
        key = ApiKey(
            id=key_id,
            workspace=fields["workspace"],
            user=fields["user"],
            name=fields["name"],
            digest=fields["digest"],
            scopes=frozenset(fields["scopes"]),
            expires_at=fields["expires_at"],
            revoked=fields["revoked"],
        )
        return key, snapshot
