"""Signing in, staying signed in, signing out; who the caller is."""

from __future__ import annotations

from typing import Annotated

from shared.identity.devices import device
from shared.identity.places import firebase_places
from shared.identity.refresh import RefreshTokens
from shared.identity.schemas import AuthConfig, Credentials, Me, SignInList, UserItem, sign_in_item, user_item, workspace_items
from shared.identity.schemas import Signed as SignedBody
from shared.identity.service import Signed
from shared.kit.errors import NotFound, Unauthenticated
from shared.web import browser
from shared.web.call import Call, Reply
from shared.wiring import services

_SCOPES = "openid email profile"


def auth_config(call: Call) -> AuthConfig:  # noqa: ARG001
    """How people sign in here."""
    settings = services.settings
    if settings.identity == "oidc":
        return AuthConfig(identity="oidc", issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, scopes=_SCOPES)
    if settings.identity == "firebase":
        places = firebase_places(settings.project, settings.firebase_url)
        return AuthConfig(
            identity="firebase",
            api_key=settings.firebase_api_key,
            project=settings.project,
            sign_in_url=places.sign_in,
            refresh_url=places.refresh,
        )
    return AuthConfig(identity="builtin")


def sign_in(call: Call, body: Credentials) -> Reply[SignedBody]:
    """Sign in with e-mail and password. 401 whatever is wrong; 429 after several failures. The answer sets the refresh cookie."""
    browser.require_own_page(call, services.allowed_origins(), always=False)
    signed = services.sign_in.sign_in(body.email, body.password, device(call.headers.get("user-agent", "")))
    services.sign_in.sign_out(browser.refresh_token(call))  # The cookie of an earlier sign-in is about to be overwritten.
    return _signed(call, signed)


def refresh(call: Call) -> Reply[SignedBody]:
    """A new access token for the refresh cookie, which is exchanged for its successor. Only for the web app's own pages.

    A cookie that was exchanged before ends the sign-in, but for 10 s in which racing tabs may use it again. 401 without a live one; the
    cookie is left alone then, as another tab may have put a good one there in the meantime.
    """
    browser.require_own_page(call, services.allowed_origins())
    token = browser.refresh_token(call)
    if not token:
        raise Unauthenticated("you are not signed in here, or your sign-in has ended; sign in again")
    return _signed(call, services.sign_in.refresh(token))


def sign_out(call: Call) -> Annotated[Reply[None], 204]:
    """End the sign-in of the refresh cookie and remove the cookie. Only for the web app's own pages."""
    browser.require_own_page(call, services.allowed_origins())
    if token := browser.refresh_token(call):
        services.sign_in.sign_out(token)
    return Reply(None, 204, browser.cookie(call, "", 0))


def sign_out_everywhere(call: Call) -> None:
    """End all of the user's sign-ins: no refresh token works any more, access tokens within 30 s on every instance."""
    services.users().end_all_sign_ins(call.principal.user)
    services.people.forget(call.principal.user)


def list_sign_ins(call: Call) -> SignInList:
    """The browsers in which the user is signed in, at most 100, the last used first. 404 where people sign in elsewhere.

    `current` marks the sign-in whose refresh cookie came along.
    """
    own = RefreshTokens.family(browser.refresh_token(call))
    return SignInList(data=[sign_in_item(each, current=each.id == own) for each in services.sign_ins.active(call.principal.user)])


def end_sign_in(call: Call) -> None:
    """End one of the user's sign-ins: its refresh tokens at once, its access tokens within 30 s on every instance."""
    services.sign_ins.end(call.principal.user, call.path["sign_in_id"])
    services.people.forget(call.principal.user)


def me(call: Call) -> Me:
    """The caller, the workspaces they are a member of, and what they may do in this one. A key knows only its own workspace."""
    principal = call.principal
    try:
        user = user_item(services.users().get(principal.user))
    except NotFound:
        user = UserItem(id=principal.user, email="", name="")  # A key outlives its user.
    directory = services.directory()
    workspaces = directory.workspaces_of(principal.user) if principal.person else [directory.workspace(principal.workspace)]
    return Me(user=user, workspaces=workspace_items(workspaces), workspace=principal.workspace, scopes=sorted(principal.scopes))


def _signed(call: Call, signed: Signed) -> Reply[SignedBody]:
    body = SignedBody(
        access_token=signed.access.text,
        expires_in=signed.access.expires_in,
        user=user_item(signed.user),
        workspaces=workspace_items(signed.workspaces),
    )
    return Reply(body, headers=browser.cookie(call, signed.refresh.text, signed.refresh.expires_in))
