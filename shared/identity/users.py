"""Users in the platform's store: found by e-mail, by id, or by what an outside issuer calls them."""

from __future__ import annotations

from shared.identity.models import OWN_ISSUER, Claims, User
from shared.kit.documents import SERVER_TIME, Create, Documents, Patch, Snapshot
from shared.kit.errors import AlreadyExists, Conflict, Forbidden, NotFound
from shared.kit.ids import derived_id
from shared.workspaces.store import email_path


class Users:
    """People who may sign in. Directory.add_user enters them."""

    def __init__(self, platform: Documents) -> None:
        self._documents = platform

    def get(self, user: str) -> User:
        """Raises NotFound."""
        (snapshot,) = self._documents.get(f"users/{user}")
        if snapshot is None:
            raise NotFound("no such user")
        return _user(snapshot)

    def by_email(self, email: str) -> User | None:
        """The user with this address, whatever its case."""
        (address,) = self._documents.get(email_path(email))
        if address is None:
            return None
        (snapshot,) = self._documents.get(f"users/{address.fields['user']}")
        return None if snapshot is None else _user(snapshot)

    def behind(self, claims: Claims) -> User:
        """The user whom a verified token speaks for. A first token with a verified e-mail of a known user links the two for good.

        Raises NotFound when the user is gone, Forbidden when nobody here has been linked or has that address.
        """
        if claims.issuer == OWN_ISSUER:
            return self.get(claims.subject)
        path = f"identities/{derived_id('idn', claims.issuer, claims.subject)}"
        (link,) = self._documents.get(path)
        if link is not None:
            return self.get(link.fields["user"])
        user = self.by_email(claims.email) if claims.email and claims.email_verified else None
        if user is None:
            raise Forbidden(
                "you are signed in, but no account here has your verified e-mail address; ask an owner of a workspace to add you"
            )
        try:
            linked = {"user": user.id, "issuer": claims.issuer, "subject": claims.subject, "created_at": SERVER_TIME}
            self._documents.commit(Create(path, linked))
        except AlreadyExists:
            return self.behind(claims)  # Another request of the same first page made the link.
        return user

    def end_all_sign_ins(self, user: str) -> None:
        """Refuse every token of a sign-in until now, by the database's time. Raises Conflict when there is no such user."""
        try:
            self._documents.commit(Patch(f"users/{user}", {"tokens_valid_after": SERVER_TIME}))
        except Conflict:
            raise Conflict("the user of this credential is not there any more") from None


def _user(snapshot: Snapshot) -> User:
    fields = snapshot.fields
    ended = tuple(each["began"] for each in fields.get("ended_sign_ins", ()))
    return User(snapshot.id, fields["email"], fields.get("name", ""), fields["password"], fields.get("tokens_valid_after"), ended)
