"""What pages of other sites can do to somebody who is signed in here: nothing."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.web.visitor import unique
from tests.support.product import Product
from tests.support.web import PATIENCE

CHANGING = ("/auth/refresh", "/auth/sign-out", "/auth/sign-out-everywhere", "/auth/sign-in", "/sessions", "/agents/assistant/runs")
READING = ("/me", "/sessions", "/agents", "/auth/config", "/app/", "/openapi.json")
FETCH = """async ([url, options]) => {
  try {
    const answer = await fetch(url, { credentials: "include", ...options });
    return answer.type === "opaque" ? "opaque" : `${answer.status} ${(await answer.text()).slice(0, 200)}`;
  } catch (refused) { return `refused: ${refused.message}`; }
}"""
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class Elsewhere(BaseHTTPRequestHandler):
    """Pages of somebody else's: an empty one, and such as send a form as soon as they are there."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title>")
        if address.path == "/form":
            self.wfile.write(self_sending(**dict(parse_qsl(address.query))).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """It has nothing to say."""


def self_sending(action: str, kind: str, where: str) -> str:
    """A form that needs nobody to press its button, and where its answer goes: `frame` or `page`."""
    fields = {"message": "do it", "session_id": unique("ses_"), "email": "owner@example.com", "password": "guessed"}
    inputs = "".join(f'<input name="{name}" value="{html.escape(value)}">' for name, value in fields.items())
    target = "" if where == "page" else ' target="unseen"'
    return (
        f'<form method="post" action="{html.escape(action)}" enctype="{kind}"{target}>{inputs}</form>'
        '<iframe name="unseen"></iframe><script>document.forms[0].submit()</script>'
    )


@pytest.fixture(scope="module", params=["another host", "another port of the same host"])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """SameSite keeps the cookie from another host; against another port, which is the same site, only the check of Origin stands."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = "127.0.0.1" if request.param == "another host" else "localhost"
    yield f"http://{host}:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(browser: Browser, product: Product) -> Iterator[BrowserContext]:
    """A browser that is signed in."""
    made = browser.new_context(base_url=str(product.development["url"]))
    made.set_default_timeout(PATIENCE)
    page = made.new_page()
    page.goto("/app/sign-in")
    page.get_by_label("Email").fill(product.development["email"])
    page.get_by_label("Password", exact=True).fill(product.development["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    page.close()
    yield made
    made.close()


def sessions(product: Product) -> list[str]:
    with product.client() as client:
        return [session["session_id"] for session in client.get("/sessions", params={"limit": 200}).json()["data"]]


def still_signed_in(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/app/chat")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    return page


# Not the page of another port itself: the driver waits for good when such a page goes to an answer that is no page.
@pytest.mark.parametrize(
    ("elsewhere", "where"),
    [("another host", "page"), ("another host", "frame"), ("another port of the same host", "frame")],
    indirect=["elsewhere"],
)
def test_a_form_of_another_site_changes_nothing(context: BrowserContext, product: Product, elsewhere: str, where: str) -> None:
    before = sessions(product)
    for path in CHANGING:
        for kind in KINDS:
            page = context.new_page()  # On its way to the answer it would interrupt the next form's page.
            known = len(posts(product, path))
            query = urlencode({"action": product.development["url"] + path, "kind": kind, "where": where})
            page.goto(f"{elsewhere}form?{query}", wait_until="commit")
            deadline = time.monotonic() + PATIENCE / 1000
            while len(posts(product, path)) == known:
                assert time.monotonic() < deadline, (path, kind, "the form never came")
                page.wait_for_timeout(20)
            (status,) = posts(product, path)[known:]
            assert 400 <= status < 500, (path, kind, status)
            page.close()
    assert sessions(product) == before
    still_signed_in(context)


def posts(product: Product, path: str) -> list[int]:
    """What the product answered to POST requests of this path, as its log tells, which sees what no browser's driver reports."""
    requests = [record["httpRequest"] for record in product.log() if "httpRequest" in record]
    return [request["status"] for request in requests if (request["requestMethod"], request["requestUrl"]) == ("POST", path)]


def test_a_script_of_another_site_learns_and_changes_nothing(context: BrowserContext, product: Product, elsewhere: str) -> None:
    before = sessions(product)
    page = context.new_page()
    page.goto(elsewhere)
    for path in (*CHANGING, *READING):
        for options in ({}, {"mode": "no-cors"}, {"headers": {"X-Reggie-Workspace": "wsp_x"}}):
            method = "POST" if path in CHANGING else "GET"
            said = page.evaluate(FETCH, [product.development["url"] + path, {"method": method, **options}])
            assert said.startswith("refused") or said == "opaque", (path, options, said)
    assert sessions(product) == before
    still_signed_in(context)


def test_the_app_is_not_shown_inside_another_sites_page(context: BrowserContext, product: Product, elsewhere: str) -> None:
    page = context.new_page()
    page.goto(elsewhere)
    for path in ("/app/", "/app/chat", "/app/diagram/"):
        with page.expect_event("frameattached"):
            page.evaluate(
                "url => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }",
                product.development["url"] + path,
            )
    assert len(page.frames) == 4
    deadline = time.monotonic() + PATIENCE / 1000
    # Not wait_for_url: the navigation that it waits for fails, which is what is wanted here.
    while not all(frame.url.startswith("chrome-error://") for frame in page.frames[1:]):
        assert time.monotonic() < deadline, [frame.url for frame in page.frames]
        page.wait_for_timeout(20)
