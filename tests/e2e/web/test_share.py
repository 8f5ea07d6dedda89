"""A session is shown to others by a link, and exported as a file."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Browser, Locator, expect

from tests.e2e.web.test_sidebar import choose, row
from tests.e2e.web.visitor import Visitor, kept_session, unique
from tests.support.product import Product


def shared(visitor: Visitor, name: str) -> tuple[Locator, str]:
    """The dialog, which has made a link to this session, and the link."""
    expect(row(visitor, name)).to_be_visible()
    choose(visitor, name, "Share…")
    dialog = visitor.page.get_by_role("dialog", name="Share this session")
    dialog.get_by_role("button", name="Create a link").click()
    field = dialog.get_by_role("textbox")
    expect(field).to_have_value(re.compile("/app/share/"))
    return dialog, field.input_value()


def test_whoever_has_the_link_reads_the_session_as_it_stood_then(visitor: Visitor, browser: Browser, product: Product) -> None:
    name, answer = unique("shared"), unique("answer")
    session = kept_session(visitor, name, f"say: **{answer}** for all")
    visitor.page.reload()
    _, link = shared(visitor, name)
    with Visitor.arrive(browser, product) as guest:
        guest.open(link)
        expect(guest.page.get_by_role("heading", name=name)).to_be_visible()
        expect(guest.page.get_by_role("article", name="Answer").locator("strong")).to_have_text(answer)
        expect(guest.page.get_by_role("textbox")).to_have_count(0)
        with product.client() as client:
            client.post(
                "/agents/assistant/runs", data={"message": "say: later", "session_id": session, "stream": "false"}
            ).raise_for_status()
        guest.page.reload()
        expect(guest.page.get_by_role("article", name="Answer")).to_have_count(1)


def test_a_revoked_link_is_gone(visitor: Visitor, browser: Browser, product: Product) -> None:
    name = unique("shared")
    kept_session(visitor, name)
    visitor.page.reload()
    dialog, link = shared(visitor, name)
    dialog.get_by_role("button", name=re.compile("^Revoke the link")).click()
    visitor.page.get_by_role("button", name="Dismiss").click()
    expect(dialog.get_by_text("No link yet")).to_be_visible()
    with Visitor.arrive(browser, product) as guest:
        guest.watch.expect("^404 GET /shares/")
        visitor.eventually(lambda: guest.context.request.get(link.replace("/app/share/", "/shares/")).status == 404)
        guest.open(link)
        expect(guest.page.get_by_text("This conversation is not shared")).to_be_visible()


def test_an_unknown_link_says_so(stranger: Visitor) -> None:
    stranger.watch.expect("^404 GET /shares/")
    stranger.open("/app/share/shr_nobody")
    expect(stranger.page.get_by_text("This conversation is not shared")).to_be_visible()


def test_a_session_is_exported_in_both_formats(visitor: Visitor) -> None:
    name, answer = unique("exported"), unique("answer")
    kept_session(visitor, name, f"say: {answer}")
    visitor.page.reload()
    expect(row(visitor, name)).to_be_visible()
    contents = {}
    for entry in ("Export as Markdown", "Export as JSON"):
        with visitor.page.expect_download() as download:
            choose(visitor, name, entry)
        contents[download.value.suggested_filename.rpartition(".")[2]] = download.value.path().read_text()
    assert answer in contents["md"]
    assert answer in json.dumps(json.loads(contents["json"]))
