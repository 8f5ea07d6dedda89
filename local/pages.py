"""The web app's files below /app/, as a bucket behind a load balancer serves them, with the policies that make its pages safe."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Request, Response
from werkzeug.security import safe_join

from shared.config import Settings
from shared.identity.places import firebase_places
from shared.web import respond

DIST: Final = Path(__file__).parents[1] / "frontend" / "dist"
BASE: Final = "/app/"
DIAGRAM: Final = "diagram/index.html"

IMMUTABLE = "public, max-age=31536000, immutable"
"""For names that hold their content's hash."""

DIAGRAM_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
"""The frame that draws diagrams runs a library that writes styles and HTML: it gets no origin, no network, no page around it."""

NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The web app is not built</title>
<h1>The web app is not built</h1>
<p>Reggie's API works; its pages are missing, because they could not be built when it started: the first time that needs the
network, and Node 20.19 or 22.12 and newer. <code>make dev</code> says what went wrong and tries again.</p>
</html>
"""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".map": "application/json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Written out: a machine's own table of types differs from machine to machine."""


def page_policy(connect: Iterable[str] = ()) -> str:
    """The pages' Content-Security-Policy. `connect`: origins that they may call besides their own, such as an identity system's.

    No string becomes a script or HTML: Trusted Types are required and no policy may make one.
    """
    called = " ".join(["'self'", *connect])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; "
        f"connect-src {called}; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def identity_origins(settings: Settings) -> list[str]:
    """Where the pages sign people in, when that is not here: the issuer and what REGGIE_IDENTITY_ORIGINS adds, or Firebase's two hosts."""
    if settings.identity == "firebase":
        places = firebase_places(settings.project, settings.firebase_url)
        called = [_origin(places.sign_in), _origin(places.refresh)]
    else:
        called = [_origin(settings.oidc_issuer)] if settings.identity == "oidc" else []
    return list(dict.fromkeys([*called, *settings.identity_origins]))


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


class Pages:
    """Answers GET and HEAD below /app/, and sends a browser that asks for / there."""

    def __init__(self, dist: Path = DIST, connect: Iterable[str] = ()) -> None:
        self._dist = dist
        self._policy = page_policy(connect)

    def answer(self, request: Request) -> Response | None:
        """None: this request is the API's."""
        if request.method not in ("GET", "HEAD"):
            return None
        if request.path == "/" and _takes_html(request):
            return _secured(_moved(BASE))
        if request.path == BASE.rstrip("/"):
            return _secured(_moved(BASE))
        if not request.path.startswith(BASE):
            return None
        return self._below(request.path[len(BASE) :], request)

    def _below(self, name: str, request: Request) -> Response:
        if not os.path.isfile(self._dist / "index.html"):  # noqa: PTH113
            return self._page(Response(NOT_BUILT, 503, content_type=TYPES[".html"]))
        if name in ("diagram", "diagram/"):
            name = DIAGRAM
        place = self._place(name)
        if place is None:
            # A page path is the app's to answer; a file's name that is not there is an error, never a page that calls itself a script.
            if posixpath.splitext(name)[1] in TYPES or name.startswith("assets/"):
                return _secured(Response("not found\n", 404, content_type=TYPES[".txt"]))
            name, place = "index.html", self._dist / "index.html"
        response = _file(place, request)
        if name.startswith("assets/"):
            response.headers["Cache-Control"] = IMMUTABLE
        return self._page(response) if name.endswith(".html") and name != DIAGRAM else _asset(response, name == DIAGRAM)

    def _place(self, name: str) -> Path | None:
        """The file of that name, when there is one to serve; names with a dot in front are the build's own."""
        found = safe_join(str(self._dist), name) if name and "\0" not in name else None
        hidden = any(part.startswith(".") for part in name.split("/")) or name.endswith(".gz")
        # Not Path.is_file: it raises for a name that is too long for the file system.
        return Path(found) if found is not None and not hidden and os.path.isfile(found) else None  # noqa: PTH113

    def _page(self, response: Response) -> Response:
        response.headers["Content-Security-Policy"] = self._policy
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return _secured(response)


def _file(place: Path, request: Request) -> Response:
    """The file, or its compressed neighbour when the caller takes that; 304 when the caller has it."""
    packed = Path(f"{place}.gz")
    compressed = packed.is_file()
    use_packed = compressed and request.accept_encodings["gzip"] > 0
    source = packed if use_packed else place
    kept = source.stat()
    response = Response(content_type=TYPES.get(place.suffix, "application/octet-stream"))
    # A build replaces the whole folder: name, time and size tell two builds apart, as nginx's tags do.
    response.set_etag(f"{kept.st_mtime_ns:x}-{kept.st_size:x}")
    if compressed:
        response.headers["Vary"] = "Accept-Encoding"
    if use_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(source.read_bytes())
    response.make_conditional(request)
    return response


def _asset(response: Response, diagram: bool) -> Response:
    """A script, style, font, icon, or the diagram frame's document. The frame has no origin: what it loads must allow any."""
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if diagram:
        response.headers["Content-Security-Policy"] = DIAGRAM_POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return _secured(response)


def _secured(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-cache")
    return respond.secure(response, (), None)


def _moved(to: str) -> Response:
    response = Response(status=302, headers={"Location": to, "Vary": "Accept"})
    del response.headers["Content-Type"]
    return response


def _takes_html(request: Request) -> bool:
    """A browser says so; curl, libraries and AgentOS's clients do not."""
    return "text/html" in request.headers.get("Accept", "")


if __name__ == "__main__":
    # For whoever serves the pages from a bucket: the same policy for the same variables.
    print(page_policy(identity_origins(Settings.from_environment())))
