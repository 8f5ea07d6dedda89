"""People, and what a token says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
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
