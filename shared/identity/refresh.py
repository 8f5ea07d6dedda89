"""Refresh tokens: each is good once, and one that comes a second time ends everything that descends from the same sign-in.

After RFC 9700, section 4.14.2 (rotation with families). A token is `{family}.{secret}`; the secret is 256 random bits, of which only the
SHA-256 is kept. All times are the database's.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from shared.identity.models import RefreshToken
from shared.kit import log
from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Patch, Snapshot
from shared.kit.errors import Conflict, Limited, Unauthenticated, Unavailable
from shared.kit.ids import new_id

GRACE = 10.0
"""Seconds in which the token that was just exchanged is accepted again: two tabs of one browser wake up with the same cookie."""
IDLE = 30 * 24 * 3600.0
LONGEST = 90 * 24 * 3600.0
_TABS = 8
"""How many tokens of one generation may be alive: as many tabs may race."""
_REMEMBERED = 4 * _TABS
_TRIES = 2 * _TABS
_TOKEN = re.compile(r"(fam_[a-z2-7]{26})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A new refresh token, and for whom it is."""

    token: RefreshToken
    user: str
    signed_in_at: datetime


class RefreshTokens:
    """Families of refresh tokens, one for each sign-in."""

    def __init__(self, platform: Documents) -> None:
        self._documents = platform

    def start(self, user: str, device: str = "") -> Exchanged:
        """The first token of a new family, which belongs to a browser that its user knows by `device`."""
        family, secret = new_id("fam"), _new_secret()
        fields = {
            "user": user,
            "device": device,
            "current": [_digest(secret)],
            "retired": [],
            "started_at": SERVER_TIME,
            "rotated_at": SERVER_TIME,
        }
        self._documents.commit(Create(f"refresh_families/{family}", fields))
        # Read back: Firestore's commit ends some milliseconds after the time that it wrote, and later checks are by what was written.
        started = self._alive(family)
        return Exchanged(RefreshToken(f"{family}.{secret}", int(IDLE)), user, started.fields["started_at"])

    def exchange(self, token: str) -> Exchanged:
        """The next token for this one, which is worthless from now on.

        Raises Unauthenticated when the token is unknown, too old or used up; Limited when more tabs race than a browser would have.
        """
        family, digest = _parse(token)
        for _ in range(_TRIES):
            snapshot = self._alive(family)
            secret = _new_secret()
            change = self._change(snapshot, digest, _digest(secret))
            try:
                self._documents.commit(Patch(snapshot.path, change, if_version=snapshot.version))
            except Conflict:
                continue  # Another tab was faster; what its change means for this token is decided anew.
            fields = snapshot.fields
            left = LONGEST - (snapshot.read_at - fields["started_at"]).total_seconds()
            return Exchanged(RefreshToken(f"{family}.{secret}", int(min(IDLE, left))), fields["user"], fields["started_at"])
        raise Unavailable("this sign-in is being renewed many times at once; try again")

    def end(self, token: str) -> None:
        """End the family of a token. A token that is none, or whose family has ended, changes nothing."""
        try:
            family, _ = _parse(token)
        except Unauthenticated:
            return
        self._documents.commit(Delete(f"refresh_families/{family}"))

    @staticmethod
    def family(token: str) -> str:
        """The id of the family that a token says it is of; empty when it is no token. Nothing is checked."""
        match = _TOKEN.fullmatch(token)
        return match[1] if match else ""

    def _alive(self, family: str) -> Snapshot:
        (snapshot,) = self._documents.get(f"refresh_families/{family}")
        if snapshot is None:
            raise _ended()
        idle = (snapshot.read_at - snapshot.fields["rotated_at"]).total_seconds()
        if idle > IDLE or (snapshot.read_at - snapshot.fields["started_at"]).total_seconds() > LONGEST:
            self._documents.commit(Delete(snapshot.path))
            raise _ended()
        return snapshot

    def _change(self, family: Snapshot, digest: str, successor: str) -> dict[str, object]:
        """What an exchange of `digest` writes. Ends the family when the token was used before, or was never one of it."""
        current: list[str] = family.fields["current"]
        graced = [each for each in family.fields["retired"] if (family.read_at - each["at"]).total_seconds() <= GRACE][-_REMEMBERED:]
        if digest in current:
            retired = [*graced, *({"digest": each, "at": family.read_at} for each in current)]
            return {"current": [successor], "retired": retired, "rotated_at": SERVER_TIME}
        if any(each["digest"] == digest for each in graced):
            if len(current) >= _TABS:
                raise Limited("this sign-in is being renewed by too many tabs at once; try again", retry_after=GRACE)
            return {"current": [*current, successor], "rotated_at": SERVER_TIME}
        self._documents.commit(Delete(family.path))
        log.warning("a refresh token came a second time: its sign-in was ended", user=family.fields["user"])
        raise _ended()


def _parse(token: str) -> tuple[str, str]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise _ended()
    return match[1], _digest(match[2])


def _ended() -> Unauthenticated:
    return Unauthenticated("you are not signed in here, or your sign-in has ended; sign in again")


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
