"""Turning a bearer token into a principal."""

from __future__ import annotations

import threading

from shared.kit.clock import Clock
from shared.kit.errors import NotFound, Unauthenticated
from shared.workspaces.keys import parse_key, same_digest
from shared.workspaces.models import Principal
from shared.workspaces.store import Directory

CACHE_SECONDS = 30.0
"""How long an instance may go on believing a key: the time in which a revoked one stops working everywhere."""
_CACHE_LIMIT = 10_000


class Authenticator:
    """Verifies API keys; one per process."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Principal]] = {}
        self._lock = threading.Lock()

    def authenticate(self, token: str) -> Principal:
        """The caller behind a bearer token. Raises Unauthenticated; what exactly was wrong with a well-formed key is not told."""
        key_id, digest = parse_key(token)
        now = self._clock.monotonic()
        known = self._known.get((key_id, digest))
        if known is not None and known[0] > now:
            return known[1]
        principal = self._look_up(key_id, digest)
        with self._lock:
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            self._known[key_id, digest] = (now + CACHE_SECONDS, principal)
        return principal

    def _look_up(self, key_id: str, digest: str) -> Principal:
        refused = Unauthenticated("this API key is unknown, expired or revoked")
        try:
            key, snapshot = self._directory.key(key_id)
        except NotFound:
            raise refused from None
        expired = key.expires_at is not None and key.expires_at <= snapshot.read_at
        if key.revoked or expired or not same_digest(key.digest, digest):
            raise refused
        return Principal(workspace=key.workspace, id=f"key:{key.id}", user=key.user, scopes=key.scopes)
