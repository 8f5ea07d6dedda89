"""The entry of a function: limits, route, authentication, scope, arguments, handler, answer. What a main.py makes its function with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, cast

import functions_framework
from flask import Request, Response

from shared.kit import log
from shared.kit.documents import Documents
from shared.kit.errors import NotAllowed, NotFound, ReggieError, Unauthenticated
from shared.kit.ids import client_id, new_id
from shared.kit.metered import DatabaseUsage
from shared.web import idempotency, parse, respond
from shared.web.call import ANONYMOUS, Call
from shared.web.routes import EVERY, Route, Router, table
from shared.workspaces.models import Principal
from shared.workspaces.scopes import INTERNAL, PUBLIC

Function = Callable[[Request], Response]

_NATIVE = frozenset({"start_run", "continue_run", "resume_run"})
"""Operations that honour an Idempotency-Key themselves, where a repeat attaches to the first one's stream, or that change nothing."""


class Services(Protocol):
    """What an entry needs of the wiring."""

    def authenticate(self, token: str, workspace: str) -> Principal:
        """The caller behind a bearer token, in the workspace that the request names; empty when it names none.

        Raises Unauthenticated, or Forbidden when that workspace is not the caller's.
        """
        ...

    def verify_internal(self, token: str) -> None:
        """Accept only the platform's own senders. Raises Unauthenticated or Forbidden."""
        ...

    def documents(self, workspace: str, usage: DatabaseUsage) -> Documents:
        """The documents of one workspace, counted."""
        ...

    def allowed_origins(self) -> tuple[str, ...]:
        """Origins whose pages may call us."""
        ...


def entry(function: str, services: Services) -> Function:
    """The HTTP function that answers all routes of `function`."""
    log.install_if_none()
    router = Router(table())

    def handle(request: Request) -> Response:
        started = time.perf_counter()
        request_id = new_id("req")
        with log.begin(request.headers.get, function=function, request=request_id):
            failure: BaseException | None = None
            try:
                response = _answer(request, function, router, services)
            except ReggieError as refused:
                response = respond.error(refused, request_id)
                if isinstance(refused, NotAllowed):
                    response.headers["Allow"] = ", ".join(router.methods(request.path))
            except Exception as unexpected:  # noqa: BLE001
                # Logged below with its stack trace; the caller is told no more than where to look for it.
                failure = unexpected
                response = respond.bug(request_id)
            response.headers["X-Request-Id"] = request_id
            log.http(request.method, request.path, response.status_code, time.perf_counter() - started, error=failure)
        with_cookies = request.path.startswith("/auth/")
        return respond.secure(response, services.allowed_origins(), request.headers.get("Origin"), credentials=with_cookies)

    handle.__name__ = handle.__qualname__ = function
    return cast("Function", functions_framework.http(handle))


def _answer(request: Request, function: str, router: Router, services: Services) -> Response:
    parse.check_limits(request)
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return respond.preflight(router.methods(request.path))
    route, path = router.match(request.method, request.path)
    if route.function not in (function, EVERY):
        raise NotFound(f"the function {function} does not answer {route.path}")
    principal = _authenticate(request, route, services)
    key = idempotency.check_key(request.headers.get("Idempotency-Key"))
    body = b"" if request.method == "GET" else parse.read_body(request, route.limit)
    call = Call(
        route=route,
        path={name: client_id(value, name) for name, value in path.items()},
        principal=principal,
        headers={name.lower(): value for name, value in request.headers.items()},
        idempotency_key=key,
        url=request.host_url.rstrip("/"),
    )
    handler = route.load()
    given: dict[str, Any] = {}
    if handler.__code__.co_argcount > 1:
        # Only a handler that wants more than the call needs pydantic, which takes 45 ms to import: a health check does not.
        from shared.web import binding

        given = binding.arguments(handler, call, request, body)

    def work() -> Response:
        return respond.answer(handler(call, **given))

    if key is None or request.method == "GET" or route.operation in _NATIVE or route.scope in (PUBLIC, INTERNAL):
        return work()
    return idempotency.once(services.documents(principal.workspace, call.usage), call, body, work)


def _authenticate(request: Request, route: Route, services: Services) -> Principal:
    if route.scope == PUBLIC:
        return ANONYMOUS
    header = request.headers.get("Authorization", "")
    if not header:
        raise Unauthenticated("Authorization header required: send Authorization: Bearer <API key or access token>")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("the Authorization header must be: Bearer <API key or access token>")
    if route.scope == INTERNAL:
        services.verify_internal(token.strip())
        return ANONYMOUS
    principal = services.authenticate(token.strip(), request.headers.get("X-Reggie-Workspace", "").strip())
    log.bind(workspace=principal.workspace, user=principal.user)
    principal.require(route.scope)
    return principal
