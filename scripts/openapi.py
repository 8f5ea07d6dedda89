"""`make openapi`: write functions/openapi.json, which GET /openapi.json serves. A test compares the file with the routes."""

from __future__ import annotations

from pathlib import Path

import orjson

from functions.api.system import NAME, VERSION
from shared.web.openapi import document
from shared.web.routes import table

PLACE = Path(__file__).parents[1] / "functions" / "openapi.json"


def rendered() -> bytes:
    """The document as the file holds it."""
    return orjson.dumps(document(table(), NAME, VERSION), option=orjson.OPT_INDENT_2) + b"\n"


def main() -> None:
    PLACE.write_bytes(rendered())
    print(f"wrote {PLACE}")


if __name__ == "__main__":
    main()
