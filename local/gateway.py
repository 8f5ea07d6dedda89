"""All functions in one process, mounted by routes.yaml, with the web app's files beside them: the laptop's load balancer."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from flask import Flask, Request, Response, send_from_directory
from werkzeug.security import safe_join

from shared.kit.errors import ReggieError
from shared.web import respond
from shared.web.entry import Function
from shared.web.routes import EVERY, Router, table

FRONTEND = Path(__file__).parents[1] / "frontend"
DEFAULT_FUNCTION = "api"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Gateway:
    """Finds the function of a request, as the load balancer does with the same table."""

    def __init__(self) -> None:
        names = sorted({route.function for route in table()} - {EVERY})
        self._functions: dict[str, Function] = {name: getattr(import_module(f"functions.{name}.main"), name) for name in names}
        self._router = Router(table())

    def answer(self, request: Request) -> Response:
        """The function's answer, or the web app's file."""
        page = _page(request)
        if page is not None:
            return page
        return self._functions[self._function(request)](request)

    def _function(self, request: Request) -> str:
        methods = (request.method, request.headers.get("Access-Control-Request-Method", ""))
        for method in filter(None, methods):
            try:
                function = self._router.match(method, request.path)[0].function
            except ReggieError:
                continue
            return DEFAULT_FUNCTION if function == EVERY else function
        return DEFAULT_FUNCTION


def _page(request: Request) -> Response | None:
    """A file of the web app, for a browser that asks for one; `/` is also the API's, told apart by what the caller accepts."""
    if request.method not in ("GET", "HEAD"):
        return None
    name = request.path.lstrip("/") or "index.html"
    if name == "index.html" and "text/html" not in request.headers.get("Accept", ""):
        return None
    place = safe_join(str(FRONTEND), name)
    # Not Path.is_file: it raises for a name that is too long for the file system.
    if place is None or not os.path.isfile(place):  # noqa: PTH113
        return None
    response = send_from_directory(FRONTEND, name)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return respond.secure(response, (), None)


def application() -> Flask:
    """The WSGI application."""
    app = Flask("reggie", static_folder=None)
    gateway = Gateway()

    @app.before_request
    def _answer() -> Response:
        from flask import request

        return gateway.answer(request)

    return app
