"""Identity at the HTTP edge."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.identity.models import ActiveSignIn, User
from shared.workspaces.models import Workspace


class AuthConfig(BaseModel):
    """How people sign in here.

    `builtin`: POST /auth/sign-in. `oidc`: with `issuer`, `client_id` and `scopes`. `firebase`: with `api_key`, `project`
    and the bases of the two REST APIs, `sign_in_url` (Identity Toolkit) and `refresh_url` (Secure Token).
    """

    identity: Literal["builtin", "oidc", "firebase"]
    issuer: str | None = None
    client_id: str | None = None
    scopes: str | None = None
    api_key: str | None = None
    project: str | None = None
    sign_in_url: str | None = None
    refresh_url: str | None = None


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(min_length=3, max_length=320, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$")
    password: str = Field(min_length=1, max_length=1024)


class UserItem(BaseModel):
    id: str
    email: str
    name: str


class WorkspaceItem(BaseModel):
    id: str
    name: str


class Signed(BaseModel):
    """An access token for the Authorization header, `expires_in` seconds; what renews it is in an HttpOnly cookie."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme.
    expires_in: int
    user: UserItem
    workspaces: list[WorkspaceItem]


class SignInItem(BaseModel):
    """A sign-in that can be gone on with. `device`: browser and system, or empty; `current`: it is the caller's own."""

    id: str
    began_at: str
    last_used_at: str
    device: str
    current: bool


class SignInList(BaseModel):
    data: list[SignInItem]


class Me(BaseModel):
    """The caller: `workspace` is the one that the request is in, `scopes` what the caller may do there."""

    user: UserItem
    workspaces: list[WorkspaceItem]
    workspace: str
    scopes: list[str]


def sign_in_item(sign_in: ActiveSignIn, *, current: bool) -> SignInItem:
    return SignInItem(
        id=sign_in.id,
        began_at=sign_in.began_at.isoformat(),
        last_used_at=sign_in.last_used_at.isoformat(),
        device=sign_in.device,
        current=current,
    )


def user_item(user: User) -> UserItem:
    return UserItem(id=user.id, email=user.email, name=user.name)


def workspace_items(workspaces: list[Workspace]) -> list[WorkspaceItem]:
    return [WorkspaceItem(id=each.id, name=each.name) for each in workspaces]
