"""The port of identity: who a bearer token speaks for, and, where this installation signs people in itself, the making of such tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shared.identity.models import AccessToken, Claims


class Identity(Protocol):
    """Checks access tokens. An instance is shared by all threads."""

    def verify(self, token: str) -> Claims:
        """The claims of a JWT (RFC 7519) that the configured issuer signed for us and that is good now, with 10 s of leeway.

        Raises Unauthenticated, in the same words whatever is wrong with it, and Unavailable when the issuer's keys cannot be had.
        """
        ...


class Issuer(Protocol):
    """Makes access tokens that the Identity beside it accepts."""

    def issue(self, user: str, signed_in_at: datetime) -> AccessToken:
        """A token for a user's id. Raises Unavailable when the signing key cannot be had."""
        ...
