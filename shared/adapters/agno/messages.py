"""Our messages and attachments in the form of the OpenAI API.

Formats: https://platform.openai.com/docs/api-reference/chat/create, https://platform.openai.com/docs/guides/pdf-files
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import orjson

from shared.sessions.messages import Attachment, Message, ToolCall

IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
TEXTS = frozenset(
    {"application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript", "application/x-ndjson"}
)
TEXT_ENDINGS = (".md", ".csv", ".json", ".txt", ".yaml", ".yml", ".xml", ".log")
FILE_CHARACTERS = 100_000
"""How much of a text file a model is given: about 25,000 tokens."""


def history_fields(message: Message) -> dict[str, Any]:
    """A message of the history in the form of the API."""
    if message.role == "tool":
        return {"role": "tool", "content": message.content, "tool_call_id": message.tool_call_id}
    if message.tool_calls:
        return {"role": message.role, "content": message.content or None, "tool_calls": [call_field(call) for call in message.tool_calls]}
    return {"role": message.role, "content": message.content}


def call_field(call: ToolCall) -> dict[str, Any]:
    arguments = orjson.dumps(call.arguments).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def user_content(message: str, attachments: Sequence[Attachment], *, images: bool, pdf: bool) -> str | list[dict[str, Any]]:
    """The user's words with the attachments: text files inside the text, pictures and PDF files as parts beside it.

    `images` and `pdf` say what the model's server can read; of the rest the model is told that it cannot read them.
    """
    texts, parts = [message], []
    for attachment in attachments:
        kind = attachment.content_type.partition(";")[0].strip().lower()
        name = "".join(letter if letter.isprintable() else " " for letter in attachment.name)
        if kind in IMAGES and images:
            parts.append({"type": "image_url", "image_url": {"url": data_url(kind, attachment.data)}})
        elif kind == "application/pdf" and pdf:
            parts.append({"type": "file", "file": {"filename": name, "file_data": data_url(kind, attachment.data)}})
        elif is_text(kind, name):
            texts.append(text_file(name, attachment.data))
        else:
            texts.append(f"[The file {name} ({kind or 'unknown type'}) was attached, but this model cannot read it.]")
    text = "\n\n".join(part for part in texts if part)
    return [{"type": "text", "text": text}, *parts] if parts else text


def is_text(kind: str, name: str) -> bool:
    return kind.startswith("text/") or kind in TEXTS or (kind in ("", "application/octet-stream") and name.lower().endswith(TEXT_ENDINGS))


def text_file(name: str, data: bytes) -> str:
    """A text file as the model reads it, between lines that name it."""
    text = data[: 4 * FILE_CHARACTERS].decode("utf-8-sig", errors="replace")
    if len(text) > FILE_CHARACTERS or len(data) > 4 * FILE_CHARACTERS:
        text = f"{text[:FILE_CHARACTERS]}\n[The file goes on; only its first {FILE_CHARACTERS:,} characters are given here.]"
    return f"--- file {name} ---\n{text}\n--- end of {name} ---"


def data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
