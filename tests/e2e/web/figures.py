"""Measures the web app and writes docs/web-app.md: `make web-figures`, or python -m tests.e2e.web.figures [ROUNDS].

The figures are those that test_speed.py records while it holds the app to its bounds, medians over the rounds.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from xml.etree import ElementTree as ET

from tests.support.product import ROOT

PAGE = ROOT / "docs" / "web-app.md"
TESTS = "tests/e2e/web/test_speed.py"
ROWS = (
    ("Sign-in page: JavaScript, gzipped", "sign-in scripts kB", "kB", "170"),
    ("Sign-in page: first text painted", "sign-in painted ms", "ms", "1,000"),
    ("Chat with its first answer: JavaScript, gzipped", "answer scripts kB", "kB", "300"),
    ("Navigation to a composer that can be typed into", "composer ms", "ms", "1,000"),
    ("A session of 1,000 messages: navigation to its last answer", "thousand open ms", "ms", "1,500"),
    ("... longest task while it scrolls to the first message and back", "thousand longest task ms", "ms", "200"),
    ("... most messages that come into the page in one task", "thousand at once", "", "120"),
    ("An answer of 100 tokens a second: most changes of the page in one frame", "stream most changes", "", "1"),
)
"""What it is, the name it is recorded by, its unit, what we want on a quiet machine of two cores."""


def main(rounds: int = 3) -> int:
    """Exit code 1 when a test failed: then nothing is written."""
    measured: dict[str, list[float]] = {}
    load = os.getloadavg()[0]
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [sys.executable, "-m", "pytest", "-q", TESTS, f"--junitxml={report}", "-o", "junit_family=xunit1"]
            if subprocess.run(command, cwd=ROOT, check=False).returncode:
                return 1
            for entry in ET.parse(report).iter("property"):
                measured.setdefault(entry.attrib["name"], []).append(float(entry.attrib["value"]))
    PAGE.write_text(page(measured, rounds, load))
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


def page(measured: dict[str, list[float]], rounds: int, load: float) -> str:
    lines = [
        "# The web app's weight and speed",
        "",
        "Made by `make web-figures`; nothing here is written by hand. What `tests/e2e/web/test_speed.py` measures in Chromium without a",
        "window, with a cold cache, beside the product and its scripted model on the same cores. Medians, the smallest and the largest in",
        f"brackets, of {rounds} rounds. The tests hold the app to wider bounds, as machines that run them are busy; `npm run budget` holds",
        "the build to its weights, chunk by chunk.",
        "",
        f"Machine: {os.cpu_count()} cores, {platform.system()} {platform.machine()}; load average before the first round {load:.1f}.",
        "",
        "| | measured | wanted |",
        "|---|---|---|",
        *(row(what, measured.get(name, []), unit, wanted) for what, name, unit, wanted in ROWS),
        "",
    ]
    return "\n".join(lines)


def row(what: str, values: list[float], unit: str, wanted: str) -> str:
    said = " ".join([f"**{median(values):,.0f}** ({min(values):,.0f}-{max(values):,.0f})", unit]).strip() if values else "not measured"
    return f"| {what} | {said} | {f'{wanted} {unit}'.strip()} |"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
