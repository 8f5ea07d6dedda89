"""The words of a Markdown text without its marks, for one line of a list: not a parser, so what is no mark beyond doubt is left as it is.

Marks of blocks (headings, lists, quotes, rules, tables, fences) and of words (emphasis, code, links, images, escapes, entities). Code keeps
its characters. Time grows with the length of the text, whatever is in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_FENCE = re.compile(r"[\s>]*+(?:[-*+]\s++)?(`{3,}+|~{3,}+)([^`]*+)$")
_BLOCK = re.compile(r"(?:\s*+(?:>|[-*+](?=\s)|#{1,6}+(?=\s)|\[[ xX]\](?=\s)))++\s*+")
_RULE = re.compile(r"\s*+[-=*_|:](?:[\s|]*+[-=*_|:]){2,}+[\s|]*+$")
_KEPT = re.compile(r"\\(?P<escaped>[!-/:-@\[-`{-~])|(?P<ticks>`++)(?P<code>[^`]++)(?P=ticks)(?!`)")
_HELD = re.compile("\ue000([0-9]+)\ue001")
_LINK = re.compile(r'!?\[([^\[\]]*+)\]\([^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+(?:\s++"[^"]*+")?\)')
_ADDRESS = re.compile(r"<((?:https?://|mailto:)[^<>\s]++)>")
_BREAK = re.compile(r"<br\s*+/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}+|#[0-9]{1,7}+|#[xX][0-9A-Fa-f]{1,6}+);")
# A mark between two ASCII letters or digits is arithmetic or a name; between Chinese characters it is a mark.
_EMPHASES = (
    re.compile(r"(?<![A-Za-z0-9*])(\*{1,3})(?![\s*])([^*]++)(?<!\s)\1(?![A-Za-z0-9*])"),
    re.compile(r"(?<![\w_])(_{1,3})(?![\s_])([^_]++)(?<!\s)\1(?![\w_])"),
    re.compile(r"(?<!~)(~~)(?![\s~])([^~]++)(?<!\s)~~(?!~)"),
)
_NESTED = 2
"""So deep emphasis and links are taken apart: bold in italic, an image in a link."""


def plain(text: str) -> str:
    """The text's words on one line."""
    return " ".join(" ".join(_pieces(text)).split())


def _pieces(text: str) -> Iterator[str]:
    """Its paragraphs, list items and lines of code."""
    paragraph: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            else:
                yield line
            continue
        block = _BLOCK.match(line)
        if paragraph and (mark or block or not line.strip()):
            yield _words("\n".join(paragraph))
            paragraph = []
        if mark:
            fence = mark[1]
        elif not _RULE.match(line):
            paragraph.append(_row(line[block.end() :] if block else line))
    yield _words("\n".join(paragraph))


def _row(line: str) -> str:
    """The line; of a table's row the cells."""
    row = line.strip()
    return row.replace("|", " ") if len(row) > 1 and row[0] == row[-1] == "|" else line


def _words(text: str) -> str:
    """A paragraph without the marks in it. What is code or escaped is put aside meanwhile, under its number."""
    held: list[str] = []

    def hold(kept: re.Match[str]) -> str:
        held.append(kept["escaped"] or kept["code"])
        return f"\ue000{len(held) - 1}\ue001"

    text = _KEPT.sub(hold, text.replace("\ue000", "").replace("\ue001", ""))
    for _ in range(_NESTED):
        text = _LINK.sub(r"\1", text)
        for emphasis in _EMPHASES:
            text = emphasis.sub(r"\2", text)
    text = _BREAK.sub(" ", _ADDRESS.sub(r"\1", text))
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return _HELD.sub(lambda place: held[int(place[1])], text)
