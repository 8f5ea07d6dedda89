"""What pages of other sites can do to somebody who is signed in here: nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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
FORM = """([url, type, fields]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: url, enctype: type });
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, { name, value });
    form.append(input);
  }
  document.body.append(form);
  setTimeout(() => form.submit());
}"""


class Elsewhere(BaseHTTPRequestHandler):
    """An empty page of somebody else's."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title><body></body>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """It has nothing to say."""


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


@pytest.mark.parametrize("elsewhere", ["another host"], indirect=True)
def test_a_form_of_another_site_changes_nothing(context: BrowserContext, product: Product, elsewhere: str) -> None:
    before = sessions(product)
    for path in CHANGING:
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
            page = context.new_page()
            page.goto(elsewhere)
            with page.expect_response(lambda answer, path=path: answer.url.endswith(path)) as waited:  # type: ignore[misc]
                page.evaluate(FORM, [product.development["url"] + path, kind, {"message": "do it", "session_id": unique("ses_")}])
            assert 400 <= waited.value.status < 500, (path, kind, waited.value.status)
            page.close()
    assert sessions(product) == before
    still_signed_in(context)


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
    page.wait_for_load_state("networkidle")
    for frame in page.frames[1:]:
        assert frame.url.startswith("chrome-error://"), frame.url
