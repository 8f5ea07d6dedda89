"""The files that come with a message: as uploads, or as agno's client sends media: JSON with base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any, Final

import orjson

from shared.kit.errors import Invalid, TooLarge, Unprocessable
from shared.kit.redact import clean
from shared.sessions.messages import Attachment

MAX_FILES = 20
MAX_NAME = 200
_MOST_VALUES = 10_000
"""Looked at before the JSON is read: 8 MiB of `{}` would take 200 MB."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
ACCEPTED: Final = (
    *("image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf", "application/json", "text/", "audio/", "video/"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
"""Types that a message may bring, as AgentOS takes them; whether a model can read one is for the model."""
_BY_ENDING: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "txt": "text/plain",
    "md": "text/markdown",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def attachments_of(uploads: Sequence[Attachment], images: str | None, files: str | None) -> tuple[Attachment, ...]:
    """All files of a message, with their types settled. Raises Invalid or TooLarge, naming the file."""
    found = [_checked(upload) for upload in uploads]
    for text, kind in ((images, "images"), (files, "input_files")):
        found += [_checked(_from_media(item, kind, number)) for number, item in enumerate(_array(text, kind))]
    if len(found) > MAX_FILES:
        raise TooLarge(f"at most {MAX_FILES} files can come with one message")
    return tuple(found)


def _checked(attachment: Attachment) -> Attachment:
    name = "".join(character for character in attachment.name if character.isprintable())[-MAX_NAME:] or "file"
    content_type = attachment.content_type.partition(";")[0].strip().lower()
    if content_type in ("", "application/octet-stream"):
        content_type = _BY_ENDING.get(name.rpartition(".")[2].lower(), "")
    if not content_type.startswith(ACCEPTED):
        told = clean(content_type, 60) or "unknown"
        raise Invalid(f"the file {clean(name, 100)!r} has the type {told}; send images, PDF, text, CSV, JSON, DOCX, audio or video")
    if not attachment.data:
        raise Invalid(f"the file {clean(name, 100)!r} is empty")
    return Attachment(name, content_type, attachment.data)


def _array(text: str | None, kind: str) -> list[Any]:
    if not text:
        return []
    if _values(text) > _MOST_VALUES and _values(_STRING.sub("", text)) > _MOST_VALUES:
        raise TooLarge(f"{kind} has too many values; at most {MAX_FILES} files can come with one message")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unprocessable(f"{kind} must be a JSON array of media", fields=((kind, "not JSON"),)) from error
    if not isinstance(value, list):
        raise Unprocessable(f"{kind} must be a JSON array of media", fields=((kind, "not an array"),))
    return value


def _values(text: str) -> int:
    return sum(map(text.count, "[{,"))


def _from_media(item: Any, kind: str, number: int) -> Attachment:
    place = f"{kind}[{number}]"
    content = item.get("content") if isinstance(item, dict) else None
    if not isinstance(content, str):
        raise Unprocessable(f"{place} must carry its text, or its bytes as base64, in `content`; addresses and paths are not fetched")
    name = next((item[key] for key in ("filename", "name", "id") if isinstance(item.get(key), str)), f"{kind}-{number}")
    content_type = item.get("mime_type") if isinstance(item.get("mime_type"), str) else ""
    if not content_type and isinstance(item.get("format"), str):
        content_type = _BY_ENDING.get(item["format"].lower(), "")
    if not content_type and kind == "images":
        content_type = "image/png"
    return Attachment(name, content_type or "", _bytes(content, content_type or "", place))


def _bytes(content: str, content_type: str, place: str) -> bytes:
    """agno's client sends text as it is and everything else as base64 (`File.to_dict` of 3.1.10)."""
    if content_type.startswith("text/"):
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise Unprocessable(f"{place}.content is not base64", fields=((place, "not base64"),)) from error
