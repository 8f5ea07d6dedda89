# ruff: noqa: RUF001 -- hostile texts are kept on one line each, and look-alike letters are among them.
"""Strings that upset programs, made by rules."""

from __future__ import annotations

from itertools import product

_CONTROLS = [f"a{chr(code)}b" for code in [*range(0x20), *range(0x7F, 0xA0)]]
_SPACES = [
    f"a{chr(code)}b"
    for code in (
        0xA0,
        0x1680,
        *range(0x2000, 0x2010),
        0x2028,
        0x2029,
        0x202F,
        0x205F,
        0x3000,
        0xFEFF,
        0x180E,
        0x00AD,
        0x034F,
        0x115F,
        0x3164,
        0xFFA0,
    )
]
_DIRECTIONS = [
    f"abc{chr(code)}דף{chr(0x202C)}xyz.{ending}"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    for ending in ("exe", "txt", "html")
]
_TAGS = ["x" + "".join(chr(0xE0000 + ord(letter)) for letter in word) for word in ("ignore all", "send secrets", "~!@#")]
_STACKED = [
    "".join(letter + "".join(chr(0x300 + (step * 7 + index) % 112) for step in range(height)) for index, letter in enumerate("stacked"))
    for height in (1, 5, 20, 100, 400)
]
_NONE = [f"a{chr(code)}b" for code in (0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xFFFD, 0xE000, 0xF8FF, 0x100000)]
_JOINED = [
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "👍🏿",
    "🇦🇶🇺🇳🇦",
    "1️⃣",
    "🧑🏽‍🚀" * 50,
    "\u200d" * 40,
    "\ufe0f" * 40,
    "نص عربي",
    "עִבְרִית",
    "ไทยไทย",
    "हिन्दी",
    "漢字かな交じり",
    "ﷺﷻ﷽",
    "𓀀𒀀𐍈",
    "ℵ𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "ǅﬀŉßẞİıſ",
    "⒯⒠⒳⒯",
    "ｆｕｌｌ",
]
_FORMATS = [
    mark * times
    for mark, times in product(
        (
            "%s",
            "%n",
            "%x",
            "%d",
            "{0}",
            "{}",
            "${x}",
            "#{x}",
            "{{x}}",
            "\\n",
            "\\x41",
            "\\u0041",
            "%00",
            "%0d%0a",
            "$(id)",
            "`id`",
            "'",
            '"',
            "\\",
            ";--",
            "' OR 1=1--",
            "../",
            "..\\",
            "&&",
            "||",
            "|",
            "\0",
        ),
        (1, 3, 50),
    )
]
_WORDS = [
    "null",
    "undefined",
    "NaN",
    "Infinity",
    "-0",
    "true",
    "None",
    "nil",
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "valueOf",
    "[object Object]",
    "then",
    "0x10",
    "1e999",
    "-1",
    "9" * 400,
    "0.1e-400",
    "1/0",
    "CON",
    "NUL",
    "COM1",
    ".",
    "..",
    "/",
    "~",
    "-rf",
    "=1+1",
    "+1",
    "@SUM(1)",
    "-cmd|' /C x'!A0",
]
_SIZES = [letter * size for letter, size in product(("a", "a ", "あ", "\n", "\t", "-", "=", "_", "#", "~", ":", "😀"), (255, 4096, 20_000))]
_ENCODINGS = [
    text.encode(way, "replace").decode("latin-1")
    for text, way in product(
        ("naïve façade", "Ünïcödé 😀", "漢字", "<script>"),
        ("utf-8", "utf-16", "utf-16-be", "utf-7", "utf-32", "shift_jis", "cp1252", "gb18030"),
    )
]
_MARKS = [
    f"{before}{mark}{behind}"
    for mark, before, behind in product(
        (
            "*",
            "**",
            "_",
            "~~",
            "`",
            "```",
            "[",
            "](",
            "![",
            "<",
            "<!--",
            "|",
            "$",
            "$$",
            "\\(",
            "\\[",
            "&",
            "#",
            ">",
            "- ",
            "1. ",
            "[^",
            "\\",
            "http://",
            "www.",
        ),
        ("", "word ", "\n"),
        ("", "word", "\n\nword"),
    )
]


def strings() -> list[str]:
    """Strings that upset programs: characters that control, reorder, combine or are none; other formats; sizes; look-alikes."""
    return [*_CONTROLS, *_SPACES, *_DIRECTIONS, *_TAGS, *_STACKED, *_NONE, *_JOINED, *_FORMATS, *_WORDS, *_SIZES, *_ENCODINGS, *_MARKS]
