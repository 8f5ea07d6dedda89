"""People, and what a token says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

OWN_ISSUER: Final = "reggie"
"""The `iss` of the tokens that this installation makes itself; every other issuer is an https address."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. `password_hash` is empty for one who signs in elsewhere only."""

    id: str
    email: str
    name: str
    password_hash: str = field(repr=False)
    tokens_valid_after: datetime | None = None
    """The database's time of the last sign-out everywhere: whoever signed in then or earlier has to sign in again."""
    ended_sign_ins: tuple[datetime, ...] = ()
    """When those sign-ins began that were ended one by one and whose access tokens may still be about."""

    def has_ended(self, signed_in_at: datetime) -> bool:
        """Whether a sign-in of that moment was ended. A token tells the moment in whole milliseconds, give or take one."""
        if self.tokens_valid_after is not None and signed_in_at <= self.tokens_valid_after:
            return True
        return any(abs(signed_in_at - began) < _TOLERANCE for began in self.ended_sign_ins)


_TOLERANCE: Final = timedelta(milliseconds=2)


@dataclass(frozen=True, slots=True)
class ActiveSignIn:
    """A sign-in that can be gone on with. `device` names its browser, or nothing."""

    id: str
    began_at: datetime
    last_used_at: datetime
    device: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says. Times are aware UTC."""

    issuer: str
    subject: str
    """The issuer's name for the person; of OWN_ISSUER it is the user's id."""
    email: str
    email_verified: bool
    signed_in_at: datetime
    """When the person proved who they are; for an issuer that does not tell, when the token was made."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token for the Authorization header, and the seconds for which it is good."""

    text: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a browser keeps in its cookie, and the seconds after which it is worthless if it is not used."""

    text: str = field(repr=False)
    expires_in: int
