"""Workspaces, users and keys as documents of the platform's own store: the few things that lie outside any workspace."""

from __future__ import annotations

from shared.kit.documents import SERVER_TIME, Create, Documents, Snapshot
from shared.kit.errors import NotFound
from shared.kit.ids import derived_id
from shared.workspaces.models import ApiKey, Workspace

PLATFORM_ROOT = "platform/main"
"""Where the platform's documents lie; a workspace's lie below `workspaces/{id}`."""


def workspace_root(workspace: str) -> str:
    """The root of everything that belongs to one workspace, in documents and blobs alike."""
    return f"workspaces/{workspace}"


class Directory:
    """The directory of workspaces, users and keys."""

    def __init__(self, platform: Documents) -> None:
        self._documents = platform

    def add_workspace(self, workspace: Workspace) -> None:
        """Raises AlreadyExists."""
        self._documents.commit(Create(f"workspaces/{workspace.id}", {"name": workspace.name, "created_at": SERVER_TIME}))

    def workspaces(self, limit: int = 500, after: str | None = None) -> list[Workspace]:
        """Workspaces by id, behind the id `after`."""
        found = self._documents.query("workspaces", limit=limit, after=None if after is None else (after,))
        return [Workspace(snapshot.id, snapshot.fields["name"]) for snapshot in found]

    def add_user(self, user: str, email: str, password_hash: str) -> None:
        """Raises AlreadyExists, also when the address is taken."""
        self._documents.commit(
            Create(f"users/{user}", {"email": email, "password": password_hash, "created_at": SERVER_TIME}),
            Create(f"emails/{derived_id('eml', email.lower())}", {"user": user}),
        )

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
