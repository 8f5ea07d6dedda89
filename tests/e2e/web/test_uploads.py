"""Files on their way: seen as they leave, taken back, sent again after a failure, and not lost by a reload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect

from local.stub_model import StubModel
from tests.e2e.web.test_attachments import a_file, chips, pick
from tests.e2e.web.visitor import Visitor, numbered

LARGE = b"0123456789abcdef" * 65_536
"""1 MiB of text."""
RUNS = re.compile(r"/agents/assistant/runs$")
KEPT = """async () => {
  const names = (await indexedDB.databases()).map((each) => each.name);
  if (!names.includes("reggie.v1.files")) return [];
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("reggie.v1.files");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const keys = await new Promise((resolve) => {
    const request = database.transaction("files").objectStore("files").getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  database.close();
  return keys;
}"""


@contextmanager
def thin_line(visitor: Visitor, upload: int) -> Iterator[None]:
    """A network that takes so many bytes a second."""
    session = visitor.context.new_cdp_session(visitor.page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": upload})
    try:
        yield
    finally:
        session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})
        session.detach()


def bar(visitor: Visitor) -> Locator:
    return visitor.log.get_by_role("progressbar", name="Upload")


def sent(visitor: Visitor) -> int:
    return int(float(bar(visitor).get_attribute("value") or 0))


def kept(visitor: Visitor) -> list[str]:
    """Names under which this browser keeps files."""
    found: list[str] = visitor.page.evaluate(KEPT)
    return found


def attached(visitor: Visitor, session: str) -> list[tuple[str, int]]:
    return [(file["name"], file["size"]) for file in visitor.runs(session)[-1]["attachments"]]


def test_the_files_of_a_message_are_seen_to_leave(visitor: Visitor) -> None:
    pick(visitor, a_file("large.txt", "text/plain", LARGE))
    expect(chips(visitor)).to_have_count(1)
    with thin_line(visitor, 150_000):
        visitor.send("say: arrived")
        expect(bar(visitor)).to_be_visible()
        visitor.eventually(lambda: 0 < sent(visitor) < len(LARGE))
        expect(visitor.log).to_contain_text(re.compile(r"of 1(\.\d)? MB"))
        visitor.answered("arrived")
    expect(bar(visitor)).to_have_count(0)
    assert attached(visitor, visitor.session) == [("large.txt", len(LARGE))]
    visitor.eventually(lambda: kept(visitor) == [])


@pytest.mark.parametrize("way", ["Cancel upload", "Stop"])
def test_a_message_whose_files_are_on_their_way_can_be_taken_back(visitor: Visitor, way: str) -> None:
    pick(visitor, a_file("large.txt", "text/plain", LARGE))
    expect(chips(visitor)).to_have_count(1)
    with thin_line(visitor, 100_000):
        visitor.send("say: on second thoughts")
        visitor.eventually(lambda: bar(visitor).count() == 1 and sent(visitor) > 0)
        visitor.page.get_by_role("button", name=way, exact=True).click()
        expect(visitor.composer).to_have_value("say: on second thoughts")
    expect(chips(visitor)).to_contain_text("large.txt")
    expect(visitor.page.get_by_role("article")).to_have_count(0)
    assert not visitor.exists(visitor.session), "nothing of it was taken"
    visitor.composer.press("Enter")
    visitor.answered("on second thoughts")
    assert len(visitor.runs(visitor.session)) == 1
    assert attached(visitor, visitor.session) == [("large.txt", len(LARGE))]


def test_an_upload_that_fails_keeps_text_and_files_for_another_try(visitor: Visitor) -> None:
    visitor.context.route(RUNS, lambda route: route.abort("connectionfailed"))
    visitor.watch.expect("console: ")
    pick(visitor, a_file("small.txt", "text/plain", b"small"))
    visitor.send("say: at last")
    alert = visitor.log.get_by_role("alert")
    expect(alert).to_contain_text("Your message was not sent")
    expect(visitor.log.get_by_role("button", name="Download small.txt")).to_be_visible()
    visitor.context.unroute(RUNS)
    alert.get_by_role("button", name="Retry").click()
    visitor.answered("at last")
    assert attached(visitor, visitor.session) == [("small.txt", 5)]


def test_a_message_that_was_not_sent_goes_back_into_the_box_with_its_files(visitor: Visitor) -> None:
    visitor.watch.expect("^500 POST")
    visitor.context.route(RUNS, lambda route: route.fulfill(status=500, json={}), times=1)
    pick(visitor, a_file("small.txt", "text/plain", b"small"))
    visitor.send("say: take me back")
    visitor.log.get_by_role("alert").get_by_role("button", name="Edit").click()
    expect(visitor.composer).to_have_value("say: take me back")
    expect(chips(visitor)).to_contain_text("small.txt")
    visitor.composer.press("Enter")
    visitor.answered("take me back")
    assert attached(visitor, visitor.session) == [("small.txt", 5)]


def test_the_files_of_a_message_to_a_deleted_session_come_along_into_a_new_one(visitor: Visitor) -> None:
    visitor.watch.expect("^422 POST /agents/assistant/runs", "^404 GET ")
    session = visitor.ask("say: short-lived", "short-lived")
    pick(visitor, a_file("small.txt", "text/plain", b"small"))
    expect(chips(visitor)).to_have_count(1)
    with visitor.product.client() as client:
        client.delete(f"/sessions/{session}").raise_for_status()
    visitor.send("say: with the file")
    visitor.page.get_by_role("button", name="Continue in a new chat").click()
    expect(chips(visitor)).to_contain_text("small.txt")
    expect(visitor.composer).to_have_value("say: with the file")
    visitor.composer.press("Enter")
    visitor.answered("with the file")
    assert visitor.session != session
    assert attached(visitor, visitor.session) == [("small.txt", 5)]


def test_the_files_of_a_draft_survive_a_reload_and_belong_to_their_session(visitor: Visitor) -> None:
    session = visitor.ask("say: here", "here")
    pick(visitor, a_file("one.txt", "text/plain", b"1"), a_file("two.txt", "text/plain", b"22"))
    expect(chips(visitor)).to_have_count(2)
    visitor.start_new_chat()
    expect(chips(visitor)).to_have_count(0)
    visitor.open_session(session)
    expect(chips(visitor)).to_have_count(2)
    visitor.page.get_by_role("button", name="Remove one.txt").click()
    visitor.eventually(lambda: kept(visitor) == [f"draft.{session}"])
    visitor.page.reload()
    expect(chips(visitor)).to_have_count(1)
    visitor.ask("say: with the file", "with the file")
    assert attached(visitor, session) == [("two.txt", 2)]
    visitor.eventually(lambda: kept(visitor) == [])


def test_the_files_of_a_waiting_message_survive_a_reload(visitor: Visitor, stub: StubModel) -> None:
    stub.script.delay = 0.02
    visitor.send("say: " + numbered(200))
    expect(visitor.answer).to_contain_text("w3 ")
    pick(visitor, a_file("later.txt", "text/plain", b"later"))
    visitor.send("say: second")
    waiting = visitor.page.get_by_role("list", name="Waiting messages")
    expect(waiting).to_contain_text("(1 file)")
    visitor.eventually(lambda: len(kept(visitor)) == 1)
    visitor.page.reload()
    expect(waiting).to_contain_text("(1 file)")
    visitor.answered("second")
    assert attached(visitor, visitor.session) == [("later.txt", 5)]


def test_a_first_message_whose_upload_is_cut_by_a_reload_is_sent_again(visitor: Visitor) -> None:
    pick(visitor, a_file("large.txt", "text/plain", LARGE))
    expect(chips(visitor)).to_have_count(1)
    visitor.watch.expect("^404 GET ")
    with thin_line(visitor, 100_000):
        visitor.send("say: once more")
        visitor.eventually(lambda: bar(visitor).count() == 1 and sent(visitor) > 0)
        visitor.eventually(lambda: kept(visitor) != [])
        session = visitor.session
        visitor.page.reload()
    visitor.answered("once more")
    assert visitor.session == session
    assert attached(visitor, session) == [("large.txt", len(LARGE))]


def test_a_sign_out_leaves_no_file_behind(visitor: Visitor) -> None:
    pick(visitor, a_file("private.txt", "text/plain", b"private"))
    visitor.eventually(lambda: kept(visitor) == ["draft.new"])
    visitor.sign_out()
    assert kept(visitor) == []
    visitor.fill_in(visitor.email, visitor.password)
    expect(visitor.composer).to_be_visible()
    expect(chips(visitor)).to_have_count(0)
