"""The files that come with a message."""

from __future__ import annotations

import base64

import orjson
import pytest

from shared.agents.media import MAX_FILES, MAX_NAME, attachments_of
from shared.kit.errors import Invalid, TooLarge, Unprocessable
from shared.sessions.messages import Attachment


def media(**fields: object) -> str:
    return orjson.dumps([fields]).decode()


@pytest.mark.parametrize(
    ("name", "given", "settled"),
    [
        ("a.csv", "text/csv; charset=utf-8", "text/csv"),
        ("a.CSV", "application/octet-stream", "text/csv"),
        ("a.pdf", "", "application/pdf"),
        ("a", "IMAGE/PNG", "image/png"),
    ],
)
def test_a_files_type_is_its_own_or_the_one_of_its_ending(name: str, given: str, settled: str) -> None:
    (attachment,) = attachments_of([Attachment(name, given, b"x")], None, None)
    assert attachment.content_type == settled


@pytest.mark.parametrize("given", [("run.exe", "application/x-msdownload"), ("run.exe", ""), ("zip", "application/zip")])
def test_a_type_that_no_model_reads_is_refused_with_the_files_name(given: tuple[str, str]) -> None:
    with pytest.raises(Invalid, match=given[0]):
        attachments_of([Attachment(*given, b"x")], None, None)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid, match="empty"):
        attachments_of([Attachment("a.txt", "text/plain", b"")], None, None)


def test_names_are_printable_and_short() -> None:
    (attachment,) = attachments_of([Attachment("a\x00\n\u202e" + "b" * 500 + ".txt", "text/plain", b"x")], None, None)
    assert attachment.name.isprintable()
    assert len(attachment.name) == MAX_NAME
    assert attachment.name.endswith("b.txt")


def test_uploads_and_media_are_counted_together() -> None:
    uploads = [Attachment("a.txt", "text/plain", b"x")] * MAX_FILES
    assert len(attachments_of(uploads, None, None)) == MAX_FILES
    with pytest.raises(TooLarge):
        attachments_of(uploads, media(content="eA=="), None)


def test_text_comes_as_it_is_and_the_rest_as_base64() -> None:
    looks_like_base64 = media(content="TestData", mime_type="text/plain", filename="a.txt")
    assert attachments_of([], None, looks_like_base64)[0].data == b"TestData"
    assert attachments_of([], None, media(content="größer", mime_type="text/csv"))[0].data == "größer".encode()
    encoded = base64.b64encode(b"\x00\xff").decode()
    (pdf,) = attachments_of([], None, media(content=encoded, mime_type="application/pdf", name="a.pdf"))
    assert (pdf.data, pdf.name) == (b"\x00\xff", "a.pdf")


def test_an_image_needs_no_type() -> None:
    (image,) = attachments_of([], media(content="eA=="), None)
    assert (image.content_type, image.data) == ("image/png", b"x")
    assert attachments_of([], media(content="eA==", format="jpeg"), None)[0].content_type == "image/jpeg"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"content": "eA=="}',
        "[1]",
        "[{}]",
        '[{"url": "http://127.0.0.1/x.png"}]',
        '[{"content": "no base64!"}]',
        '[{"content": "größer"}]',
    ],
)
def test_media_that_cannot_be_read_are_refused_by_their_place(text: str) -> None:
    with pytest.raises(Unprocessable, match="images"):
        attachments_of([], text, None)
