"""What a person would call the browser that they signed in with. Only that is kept of its User-Agent header, which tells far more."""

from __future__ import annotations

import re
from typing import Final

_BROWSERS: Final = (
    # The first that fits: the others' headers name Chrome and Safari, too.
    ("Edge", r"\bEdg(?:A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOPiOS/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"),
    ("Chrome", r"Chrome/|\bCriOS/"),
    ("Safari", r"\bVersion/.* Safari/"),
)
_SYSTEMS: Final = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)
_LONGEST: Final = 1024
"""Characters of a header that are looked at."""


def device(user_agent: str) -> str:
    """Browser and system, as in `Firefox on Windows`; one of them when only that is known, and nothing for what is no browser."""
    header = user_agent[:_LONGEST]
    found = [next((name for name, sign in kinds if re.search(sign, header)), "") for kinds in (_BROWSERS, _SYSTEMS)]
    return " on ".join(name for name in found if name)
