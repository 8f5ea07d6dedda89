"""Takes the pictures of the main pages for docs/screenshots: `make screenshots`, or python -m tests.e2e.web.screenshots [FOLDER].

They are of the real product, whose scripted model says what a good one would.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from local.stub_model import stub_model
from local.stub_script import Script
from tests.e2e.web.visitor import PHONE, Visitor
from tests.support import web
from tests.support.product import ROOT, Product, environment_for

FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 200_000
"""Bytes of one picture."""
SEEDED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Quarterly figures", "say: Revenue grew by **12 %**, most of it in March.", {"pinned": True, "tags": ["finance"]}),
    ("Welcome mail for new colleagues", "say: Dear team, please welcome Ada, who joins us on Monday.", {"tags": ["people"]}),
    ("Regular expression for dates", "say: Use `\\d{4}-\\d{2}-\\d{2}` and check the ranges in code.", {}),
    ("Names for the new release", "say: How about *Heron*, *Kestrel* or *Swift*?", {"tags": ["product"]}),
    ("Trip to Oslo", "What time is it in Oslo?", {}),
)
CALCULATION = "What is 17 * 6 + 5?"
STANDS_FOR = {CALCULATION: "call calculator 17 * 6 + 5", "What time is it in Oslo?": "call current_time Europe/Oslo"}
QUESTION = "How do I add up a column of a CSV file in Python?"
ANSWER = """Read the file with the standard library and add the numbers as you go, so that its size does not matter:

```python
import csv

def total(path: str, column: str) -> float:
    with open(path, newline="") as file:
        return sum(float(row[column]) for row in csv.DictReader(file))
```

| Size of the file | Time |
|---|---|
| 1 MB | 12 ms |
| 100 MB | 1.1 s |

For a mean, divide by the number of rows: $\\bar{x} = \\frac{1}{n}\\sum_{i=1}^{n} x_i$."""


def main(folder: Path = FOLDER) -> int:
    """Exit code 1 when a picture is larger than it may be."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=web.PATIENCE)
    for theme in ("light", "dark"):
        script = Script(stands_for={**STANDS_FOR, QUESTION: "say: " + ANSWER})
        with stub_model(script) as stub, tempfile.TemporaryDirectory() as home, web.browser() as browser:
            product = Product.start(Path(home), env=environment_for(stub))
            try:
                seed(product)
                session = desktop(browser, product, folder, theme)
                phone(browser, product, folder, theme, session)
            finally:
                product.stop()
    large = [picture.name for picture in folder.glob("*.png") if picture.stat().st_size > LARGEST]
    if large:
        print(f"larger than {LARGEST} bytes: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


def desktop(browser: Browser, product: Product, folder: Path, theme: str) -> str:
    """All pages in a wide window. Returns the session that was had."""
    with Visitor.arrive(browser, product, color_scheme=theme) as visitor:
        visitor.open("/app/sign-in")
        expect(visitor.page.get_by_label("Password", exact=True)).to_be_visible()
        picture(visitor, folder, f"sign-in-{theme}")
        visitor.sign_in()
        expect(visitor.sidebar.get_by_role("link", name=SEEDED[0][0])).to_be_visible()
        picture(visitor, folder, f"welcome-{theme}")
        visitor.ask(CALCULATION, "107")
        session = visitor.ask(QUESTION, "For a mean")
        is_set(visitor)
        visitor.log.evaluate("(log) => { log.scrollTop = 0; }")
        picture(visitor, folder, f"chat-{theme}")
        visitor.page.keyboard.press("ControlOrMeta+k")
        visitor.page.get_by_role("combobox").fill("for")
        expect(visitor.page.get_by_role("option").filter(has_text="just now").first).to_be_visible()
        picture(visitor, folder, f"palette-{theme}")
        visitor.open("/app/sessions")
        expect(visitor.page.get_by_role("table")).to_be_visible()
        picture(visitor, folder, f"sessions-{theme}")
        visitor.open(f"/app/sessions/{session_of(SEEDED[-1][0])}")
        expect(visitor.page.get_by_role("main")).to_contain_text("current_time")
        picture(visitor, folder, f"session-{theme}")
        visitor.open("/app/settings")
        picture(visitor, folder, f"settings-{theme}")
    return session


def phone(browser: Browser, product: Product, folder: Path, theme: str, session: str) -> None:
    """The chat and the drawer on a phone."""
    with Visitor.arrive(browser, product, color_scheme=theme, viewport=PHONE, has_touch=True, is_mobile=True) as visitor:
        visitor.sign_in()
        visitor.open(f"/app/chat/{session}")
        is_set(visitor)
        picture(visitor, folder, f"phone-chat-{theme}")
        visitor.page.get_by_role("button", name="Open the navigation").click()
        expect(visitor.page.get_by_role("dialog").get_by_role("link", name=SEEDED[0][0])).to_be_visible()
        picture(visitor, folder, f"phone-menu-{theme}")


def picture(visitor: Visitor, folder: Path, name: str) -> None:
    visitor.page.mouse.move(0, 0)
    visitor.is_quiet()
    visitor.page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")


def seed(product: Product) -> None:
    """Sessions for the lists."""
    with product.client() as client:
        for name, message, changes in SEEDED:
            session = session_of(name)
            client.post("/agents/assistant/runs", data={"message": message, "session_id": session, "stream": "false"}).raise_for_status()
            client.patch(f"/sessions/{session}", json={"session_name": name, "read": True, **changes}).raise_for_status()


def session_of(name: str) -> str:
    return name.lower().replace(" ", "-")


def is_set(visitor: Visitor) -> None:
    """Colours and formulas of the last answer are there."""
    expect(visitor.answer.locator("pre code span").first).to_be_visible()
    expect(visitor.answer.locator(".katex").first).to_be_visible()


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
