"""All functions in one process, mounted by routes.yaml, with the web app's files beside them: the laptop's load balancer."""

from __future__ import annotations

from importlib import import_module

from flask import Flask, Request, Response

from local.pages import Pages, identity_origins
from shared.kit.errors import ReggieError
from shared.web.entry import Function
from shared.web.routes import EVERY, Router, table
from shared.wiring import services

DEFAULT_FUNCTION = "api"


class Gateway:
    """Finds the function of a request, as the load balancer does with the same table."""

    def __init__(self) -> None:
        names = sorted({route.function for route in table()} - {EVERY})
        self._functions: dict[str, Function] = {name: getattr(import_module(f"functions.{name}.main"), name) for name in names}
        self._router = Router(table())
        self._pages = Pages(connect=identity_origins(services.settings))

    def answer(self, request: Request) -> Response:
        """The function's answer, or the web app's file."""
        page = self._pages.answer(request)
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


def application() -> Flask:
    """The WSGI application."""
    app = Flask("reggie", static_folder=None)
    gateway = Gateway()

    @app.before_request
    def _answer() -> Response:
        from flask import request

        return gateway.answer(request)

    return app
