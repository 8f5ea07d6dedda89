"""Files that come with a message: picked, pasted, dropped, shown, and refused with a reason."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import Visitor, unique

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC")
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
TRANSFER = """([name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  return transfer;
}"""


def a_file(name: str, kind: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def pick(visitor: Visitor, *files: FilePayload) -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(list(files))


def chips(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("list", name="Files to send").get_by_role("listitem")


def test_picked_files_reach_the_model_and_stand_in_the_message(visitor: Visitor, stub: StubModel) -> None:
    word = unique("secret")
    pick(
        visitor,
        a_file("dot.png", "image/png", PNG),
        a_file("notes.txt", "text/plain", word.encode()),
        a_file("page.pdf", "application/pdf", PDF),
    )
    expect(chips(visitor)).to_have_count(3)
    session = visitor.ask("say: read", "read")
    expect(chips(visitor)).to_have_count(0)
    files = visitor.log.get_by_role("list", name="Files")
    expect(files.get_by_role("img", name="dot.png")).to_be_visible()
    expect(files.get_by_role("button", name="Download notes.txt")).to_be_visible()
    expect(files.get_by_role("button", name="Download page.pdf")).to_be_visible()
    asked = str(stub.journal[-1])
    assert word in asked
    assert "data:image/png;base64," in asked
    kinds = [(each["name"], each["content_type"]) for each in visitor.runs(session)[-1]["attachments"]]
    assert kinds == [("dot.png", "image/png"), ("notes.txt", "text/plain"), ("page.pdf", "application/pdf")]


def test_a_sent_file_is_there_after_a_reload_and_can_be_saved(visitor: Visitor) -> None:
    pick(visitor, a_file("dot.png", "image/png", PNG), a_file("notes.txt", "text/plain", b"kept"))
    visitor.ask("say: read", "read")
    visitor.page.reload()
    image = visitor.log.get_by_role("img", name="dot.png")
    expect(image).to_be_visible()
    visitor.eventually(lambda: image.evaluate("(element) => element.complete && element.naturalWidth") == 8)
    with visitor.page.expect_download() as download:
        visitor.log.get_by_role("button", name="Download notes.txt").click()
    assert download.value.path().read_bytes() == b"kept"
    visitor.log.get_by_role("button", name="Open dot.png").click()
    expect(visitor.page.get_by_role("dialog", name="dot.png")).to_be_visible()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_file_is_pasted_or_dropped(visitor: Visitor, way: str) -> None:
    transfer = visitor.page.evaluate_handle(TRANSFER, ["dot.png", "image/png", base64.b64encode(PNG).decode()])
    if way == "paste":
        visitor.composer.evaluate(
            "(box, clipboardData) => box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))",
            transfer,
        )
    else:
        for kind in ("dragenter", "dragover", "drop"):
            visitor.page.dispatch_event("main", kind, {"dataTransfer": transfer})
    expect(chips(visitor)).to_have_count(1)
    expect(chips(visitor)).to_contain_text("dot.png")
    visitor.ask("say: seen", "seen")
    expect(visitor.log.get_by_role("img", name="dot.png")).to_be_visible()


@pytest.mark.parametrize("place", [(100, 400), (640, 300), (1200, 700)], ids=["sidebar", "thread", "corner"])
def test_files_are_dropped_anywhere_on_the_window(visitor: Visitor, tmp_path: Path, place: tuple[int, int]) -> None:
    dropped = tmp_path / "dropped.txt"
    dropped.write_text("from the desktop")
    hand = visitor.context.new_cdp_session(visitor.page)
    overlay = visitor.page.get_by_text("Drop files to send them along")

    def drag(kind: str) -> None:
        data = {"items": [], "files": [str(dropped)], "dragOperationsMask": 1}
        hand.send("Input.dispatchDragEvent", {"type": kind, "x": place[0], "y": place[1], "data": data})

    drag("dragEnter")
    drag("dragOver")
    expect(overlay).to_be_visible()
    drag("drop")
    expect(overlay).to_have_count(0)
    expect(chips(visitor)).to_contain_text("dropped.txt")
    assert "/app/chat" in visitor.page.url, "the browser did not open the file in the app's place"


def test_files_that_are_carried_away_again_leave_nothing(visitor: Visitor) -> None:
    transfer = visitor.page.evaluate_handle(TRANSFER, ["dot.png", "image/png", base64.b64encode(PNG).decode()])
    overlay = visitor.page.get_by_text("Drop files to send them along")
    # Over a part of the page and out of it again: a part is entered before the one around it is left.
    for kind, place in (("dragenter", "main"), ("dragenter", "form"), ("dragleave", "main")):
        visitor.page.dispatch_event(place, kind, {"dataTransfer": transfer})
    expect(overlay).to_be_visible()
    visitor.page.dispatch_event("form", "dragleave", {"dataTransfer": transfer})
    expect(overlay).to_have_count(0)
    expect(chips(visitor)).to_have_count(0)


@pytest.mark.parametrize("choice", ["Attach it as a file", "Keep it here"])
def test_a_long_text_that_is_pasted_may_become_a_file(visitor: Visitor, choice: str) -> None:
    text = "long " * 2000
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    visitor.composer.fill("say: read ")
    visitor.composer.press("End")
    visitor.composer.press("Control+V")
    expect(visitor.composer).to_have_value("say: read " + text)
    visitor.page.get_by_role("button", name=choice).click()
    expect(visitor.page.get_by_role("button", name="Keep it here")).to_have_count(0)
    if choice == "Keep it here":
        expect(visitor.composer).to_have_value("say: read " + text)
        expect(chips(visitor)).to_have_count(0)
        return
    expect(visitor.composer).to_have_value("say: read ")
    expect(chips(visitor)).to_contain_text("pasted.txt")
    session = visitor.ask("say: read", "read")
    (file,) = visitor.runs(session)[-1]["attachments"]
    assert (file["name"], file["size"]) == ("pasted.txt", len(text))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("program.exe", b"MZ", "cannot be read by the agents"),
        ("huge.txt", b"x" * 20_000_001, "is the most"),
        ("empty.txt", b"", "is empty"),
    ],
    ids=["wrong type", "too large", "empty"],
)
def test_a_file_that_cannot_come_along_is_refused_with_the_reason(
    visitor: Visitor, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    visitor.composer.fill("say: what was typed stays")
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(tmp_path / name)
    expect(visitor.page.get_by_role("alert").filter(has_text=reason)).to_be_visible()
    expect(chips(visitor)).to_have_count(0)
    expect(visitor.composer).to_have_value("say: what was typed stays")
    visitor.ask("say: and goes on", "and goes on")
    expect(visitor.page.get_by_role("alert")).to_have_count(0)


def test_a_file_can_be_taken_away_again(visitor: Visitor) -> None:
    pick(visitor, a_file("one.txt", "text/plain", b"1"), a_file("two.txt", "text/plain", b"2"))
    visitor.page.get_by_role("button", name="Remove one.txt").click()
    expect(chips(visitor)).to_have_count(1)
    session = visitor.ask("say: one left", "one left")
    assert [each["name"] for each in visitor.runs(session)[-1]["attachments"]] == ["two.txt"]


def test_a_file_that_lies_about_its_type_is_refused_by_the_server_and_the_text_kept(visitor: Visitor) -> None:
    visitor.watch.expect("^4(15|22) POST /agents/assistant/runs")
    pick(visitor, a_file("picture.png", "image/png", b"this is no picture"))
    visitor.send("say: look at this")
    expect(visitor.log.get_by_role("alert").or_(visitor.answer.locator(".markdown"))).to_be_visible()
    expect(visitor.log).to_contain_text("say: look at this")
