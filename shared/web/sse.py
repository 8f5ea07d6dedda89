"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

from typing import Any, Final

import orjson

KEEP_ALIVE: Final = b": keep-alive\n\n"
"""A comment: readers skip it, and writing it shows whether the reader is still there."""


def frame(name: str, data: dict[str, Any], index: int | None = None) -> bytes:
    """One event. JSON has no raw line breaks, so `data` is one line; `index` becomes the id that a reader gives back."""
    head = b"" if index is None else b"id: %d\n" % index
    return b"%sevent: %s\ndata: %s\n\n" % (head, name.encode(), orjson.dumps(data))
