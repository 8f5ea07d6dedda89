"""The route table of functions/routes.yaml and the matching of a request to a route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import orjson
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.routing import Map, MapAdapter, Rule

from shared.kit.errors import NotAllowed, NotFound
from shared.kit.redact import clean

EVERY: Final = "every"
"""The function name of routes that each function answers; their handlers are in shared/web."""
DEFAULT_LIMIT: Final = 1024 * 1024
_TABLE = Path(__file__).parents[2] / "functions" / "routes.yaml"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. `path` has its parameters in braces; `limit` is the largest body in bytes."""

    method: str
    path: str
    function: str
    handler: str
    scope: str
    limit: int = DEFAULT_LIMIT
    accepts: tuple[str, ...] = ("application/json",)

    @property
    def operation(self) -> str:
        """The route's unique name: what the handler is called."""
        return self.handler.rpartition(".")[2]

    def load(self) -> Callable[..., Any]:
        """The handler itself, imported at its first use."""
        module, _, name = self.handler.rpartition(".")
        package = "shared.web" if self.function == EVERY else f"functions.{self.function}"
        handler: Callable[..., Any] = getattr(import_module(f"{package}.{module}"), name)
        return handler


@lru_cache(maxsize=1)
def table() -> tuple[Route, ...]:
    """Every route, in the order of the file: a JSON object behind each dash. Importing a YAML parser would cost a cold start 10 ms."""
    rows = [orjson.loads(line[2:]) for line in _TABLE.read_text().splitlines() if line.startswith("- ")]
    return tuple(Route(**{**row, "accepts": tuple(row.get("accepts", ("application/json",)))}) for row in rows)


class _MatchedRule(Rule):
    """A Rule that no URL is built from: compiling its two builders is 90 % of what the table costs at a cold start, 7 ms."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: ARG002
        return _never_built


def _never_built(*_: Any, **__: Any) -> tuple[str, str]:
    raise NotImplementedError("URLs are not built from the table")


class Router:
    """Matches method and path."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        rules = [_MatchedRule(route.path.replace("{", "<").replace("}", ">"), methods=[route.method], endpoint=route) for route in routes]
        self._map = Map(rules, strict_slashes=False, merge_slashes=False, redirect_defaults=False)
        self._adapter: MapAdapter = self._map.bind("")
        self._literal: dict[str, set[str]] = {}
        for route in routes:
            if "{" not in route.path:
                self._literal.setdefault(route.path, set()).update((route.method, "HEAD") if route.method == "GET" else (route.method,))

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters. Raises NotFound or NotAllowed."""
        if method not in self._literal.get(path, (method,)):
            # Not the session named `search`: a path that is written out in the table is no parameter's value.
            raise NotAllowed(f"{method} is not possible here; use {' or '.join(self.methods(path))}")
        try:
            route, parameters = self._adapter.match(path, method)
        except NoRoute as error:
            raise NotFound(f"there is no route {clean(path, 200)}; see /openapi.json") from error
        except MethodNotAllowed as error:
            raise NotAllowed(f"{method} is not possible here; use {' or '.join(sorted(error.valid_methods or ()))}") from error
        return route, dict(parameters)

    def methods(self, path: str) -> list[str]:
        """The methods that a path has; none when there is no such path."""
        return sorted(self._literal.get(path) or self._adapter.allowed_methods(path))
