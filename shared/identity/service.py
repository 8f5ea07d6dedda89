"""Signing in, staying signed in, signing out; and whose request it is that carries an access token."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.identity.failures import Failures
from shared.identity.models import AccessToken, Claims, RefreshToken, User
from shared.identity.ports import Identity, Issuer
from shared.identity.refresh import Exchanged, RefreshTokens
from shared.identity.users import Users
from shared.kit.clock import Clock
from shared.kit.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from shared.workspaces.models import Principal, Workspace
from shared.workspaces.passwords import check_password
from shared.workspaces.scopes import SCOPES
from shared.workspaces.store import Directory

CACHE_SECONDS = 30.0
"""How long an instance may go on believing a token: the time in which a sign-out everywhere reaches all of them."""
_CACHE_LIMIT = 10_000
_PASSWORDS_AT_ONCE = 2
"""Checking one takes 128 MiB: hundreds at once would take the instance's memory and with it everybody's work."""
_PASSWORD_TURN_SECONDS = 10.0
_NOBODYS = f"scrypt${'0' * 32}${'0' * 64}"
"""Checked for an unknown address, so that the answer takes as long as for a known one. No password has a hash of zeros."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What somebody who signed in goes on with."""

    user: User
    workspaces: list[Workspace]
    access: AccessToken
    refresh: RefreshToken


class SignIn:
    """Sign-in with e-mail and password, for the built-in identity."""

    def __init__(self, users: Users, directory: Directory, failures: Failures, tokens: RefreshTokens, issuer: Issuer) -> None:
        self._users = users
        self._directory = directory
        self._failures = failures
        self._tokens = tokens
        self._issuer = issuer
        self._passwords = threading.BoundedSemaphore(_PASSWORDS_AT_ONCE)

    def sign_in(self, email: str, password: str, device: str = "") -> Signed:
        """Sign in; by `device` the user will know it again.

        Raises Unauthenticated, in the same words and time whatever was wrong, and Limited after several failures in a row.
        """
        email = email.strip()
        self._failures.enter(email)
        user = self._users.by_email(email)
        with self._turn():
            right = check_password(password, (user.password_hash if user else "") or _NOBODYS)
        if user is None or not right:
            raise Unauthenticated("the e-mail address or the password is wrong")
        self._failures.forget(email)
        return self._signed(user, self._tokens.start(user.id, device))

    def refresh(self, token: str) -> Signed:
        """Go on with a refresh token. Raises Unauthenticated when it is none, is used up, or its user signed out everywhere."""
        exchanged = self._tokens.exchange(token)
        refused = Unauthenticated("you are not signed in here, or your sign-in has ended; sign in again")
        try:
            user = self._users.get(exchanged.user)
        except NotFound:
            raise refused from None
        if user.has_ended(exchanged.signed_in_at):
            self._tokens.end(token)
            raise refused
        return self._signed(user, exchanged)

    def sign_out(self, token: str) -> None:
        """End one sign-in, that of this refresh token; one that has ended is fine."""
        self._tokens.end(token)

    def _signed(self, user: User, exchanged: Exchanged) -> Signed:
        workspaces = self._directory.workspaces_of(user.id)
        return Signed(user, workspaces, self._issuer.issue(user.id, exchanged.signed_in_at), exchanged.token)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._passwords.acquire(timeout=_PASSWORD_TURN_SECONDS):
            raise Unavailable("many people are signing in at this moment; try again", retry_after=5)
        try:
            yield
        finally:
            self._passwords.release()


class People:
    """Whose request it is that carries an access token; one per process."""

    def __init__(self, identity: Identity, users: Users, directory: Directory, clock: Clock) -> None:
        self._identity = identity
        self._users = users
        self._directory = directory
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Principal]] = {}
        self._lock = threading.Lock()

    def authenticate(self, token: str, workspace: str = "") -> Principal:
        """The person behind an access token, in the workspace that they name, or in their first.

        Raises Unauthenticated when the token is not good (any more), Forbidden when the person is unknown here or not a member.
        """
        place = (hashlib.sha256(token.encode()).hexdigest(), workspace)
        now = self._clock.monotonic()
        known = self._known.get(place)
        if known is not None and known[0] > now:
            return known[1]
        claims = self._identity.verify(token)
        principal = self._look_up(claims, workspace)
        believed = min(CACHE_SECONDS, max(0.0, (claims.expires_at - self._clock.now()).total_seconds()))
        with self._lock:
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            self._known[place] = (now + believed, principal)
        return principal

    def forget(self, user: str) -> None:
        """Believe nothing of this user's tokens any more, here and now; other instances need their 30 s."""
        with self._lock:
            self._known = {place: known for place, known in self._known.items() if known[1].user != user}

    def _look_up(self, claims: Claims, workspace: str) -> Principal:
        refused = Unauthenticated("this sign-in has ended; sign in again")
        try:
            user = self._users.behind(claims)
        except NotFound:
            raise refused from None
        if user.has_ended(claims.signed_in_at):
            raise refused
        member_of = [each.id for each in self._directory.workspaces_of(user.id)]
        if not member_of:
            raise Forbidden("you are not a member of any workspace yet; ask an owner of one to add you")
        if workspace and workspace not in member_of:
            raise Forbidden("X-Reggie-Workspace names a workspace that is not there or that you are not a member of")
        return Principal(workspace or member_of[0], f"user:{user.id}", user.id, SCOPES, person=True)
