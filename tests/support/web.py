"""A real browser for the web app's tests: Debian's Chromium, driven by Playwright, and an observer that nothing escapes."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, Response, WebError, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # A name that is not this machine's does not resolve, so that a page that reaches out fails here as it would for its reader.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PATIENCE = 15_000
"""Milliseconds that a state may take to come: it comes within one second on an idle machine."""


class ChromiumMissing(Exception):
    """No Chromium is on this machine; the message says how to get one."""


def chromium() -> str:
    """The path of the browser: CHROMIUM, or the system's. Raises ChromiumMissing."""
    named = os.environ.get("CHROMIUM") or "chromium"
    found = shutil.which(named)
    if found is None:
        raise ChromiumMissing(f"the browser tests need Chromium: {named} is not there (apt-get install chromium, or name it with CHROMIUM)")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """One running Chromium; every test takes a context of its own from it."""
    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


@dataclass  # Without slots: Playwright writes attributes of its own on the owner of a handler.
class Watch:
    """What a browser context met that a user should never meet: errors on the console and in scripts, violations of the page's policy,
    requests to other hosts, and answers that say something failed.
    """

    origin: str
    complaints: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Method and path of every request to the product, in order."""

    def over(self, context: BrowserContext) -> None:
        """Begin to watch all pages of this context, present and future."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def expect(self, *patterns: str) -> None:
        """Complaints that match one of these regular expressions belong to the test: `401 POST /auth/sign-in`, `console: ...`."""
        self.expected += [re.compile(pattern) for pattern in patterns]

    def unexpected(self) -> list[str]:
        return [each for each in self.complaints if not any(pattern.search(each) for pattern in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        # The browser reports failed answers here too, without their address: _response and the page's own words tell more.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"error: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("data", "blob"):
            return
        if f"{address.scheme}://{address.netloc}" != self.origin:
            self.complaints.append(f"other host: {request.method} {request.url}")
        else:
            self.asked.append(f"{request.method} {address.path}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            address = urlsplit(response.url)
            query = f"?{address.query}" if address.query else ""
            self.complaints.append(f"{response.status} {response.request.method} {address.path}{query}")
