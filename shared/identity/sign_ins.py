"""A person's sign-ins: where they are signed in at this moment, and the end of one of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.identity.models import ActiveSignIn
from shared.identity.refresh import IDLE, LONGEST
from shared.identity.users import Users
from shared.kit.documents import Delete, Documents, Order, Patch, Where
from shared.kit.errors import Conflict, NotFound, Unavailable

SHOWN = 100
_REMEMBERED = timedelta(hours=1)
"""How long an ended sign-in is remembered at its user: longer than any access token of it is good (10 minutes)."""
_TRIES = 5


class SignIns:
    """The sign-ins of people, by the families of refresh tokens that go on with them."""

    def __init__(self, platform: Documents, users: Users) -> None:
        self._documents = platform
        self._users = users

    def active(self, user: str) -> list[ActiveSignIn]:
        """Those with which the user can go on, the last used first; at most SHOWN. Costs a read for each, and one for the user."""
        owner = self._users.get(user)
        families = self._documents.query(
            "refresh_families",
            [Where("user", "==", user)],
            [Order("rotated_at", descending=True)],
            SHOWN,
            fields=("started_at", "rotated_at", "device"),
        )
        found = []
        for each in families:
            began, used = each.fields["started_at"], each.fields["rotated_at"]
            if not owner.has_ended(began) and _seconds(each.read_at, used) <= IDLE and _seconds(each.read_at, began) <= LONGEST:
                found.append(ActiveSignIn(each.id, began, used, each.fields.get("device", "")))
        return found

    def end(self, user: str, sign_in: str) -> None:
        """End one: its refresh tokens at once, and its access tokens as soon as an instance looks at the user again.

        Raises NotFound when it is none of the user's.
        """
        for _ in range(_TRIES):
            family, owner = self._documents.get(f"refresh_families/{sign_in}", f"users/{user}")
            if family is None or owner is None or family.fields["user"] != user:
                raise NotFound(f"Sign-in with id '{sign_in}' not found")
            ended = [each for each in owner.fields.get("ended_sign_ins", ()) if owner.read_at - each["at"] < _REMEMBERED]
            ended.append({"began": family.fields["started_at"], "at": owner.read_at})
            try:
                self._documents.commit(Delete(family.path), Patch(owner.path, {"ended_sign_ins": ended}, if_version=owner.version))
            except Conflict:
                continue
            return
        raise Unavailable("this account is being changed by others; try again")


def _seconds(now: datetime, then: datetime) -> float:
    return (now - then).total_seconds()
