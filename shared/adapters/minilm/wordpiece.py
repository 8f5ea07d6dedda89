"""BERT's uncased tokenizer: text to the ids of word pieces.

Follows tokenizer.json of sentence-transformers/all-MiniLM-L6-v2 as the library `tokenizers` reads it (identical ids for 5,699 generated
and found texts), with one difference: `[SEP]` and its like inside a text are plain text here, so a text cannot speak for the tokenizer.
`vocabulary.txt` is that file's vocabulary, one piece a line in the order of the ids (Apache-2.0, see NOTICE).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from pathlib import Path

UNKNOWN, BEGIN, END = 100, 101, 102

_LONGEST_WORD = 100
"""Characters; a longer word is unknown."""

_CHARACTERS_READ = 50_000
"""Far more than 256 word pieces of any prose; the rest of a text cannot count and is not looked at."""

# The blocks of CJK ideographs that BERT splits into single characters.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPieces:
    """The vocabulary and how texts are cut into it."""

    def __init__(self) -> None:
        lines = Path(__file__).with_name("vocabulary.txt").read_text(encoding="utf-8").split("\n")
        self._ids = {piece: number for number, piece in enumerate(lines[:-1])}

    def encode(self, text: str, most: int) -> list[int]:
        """Ids of at most `most` word pieces, with the marks of beginning and end counted."""
        ids = [BEGIN]
        for word in _words(text[:_CHARACTERS_READ]):
            ids += self._pieces(word)
            if len(ids) >= most - 1:
                break
        return [*ids[: most - 1], END]

    def _pieces(self, word: str) -> list[int]:
        """The longest pieces first, from the left; one UNKNOWN when they do not cover the word."""
        if len(word) > _LONGEST_WORD:
            return [UNKNOWN]
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    break
            else:
                return [UNKNOWN]
            pieces.append(piece)
            start = end
        return pieces


def _words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFD", "".join(map(_cleaned, text)))
    return iter("".join(map(_lowered, plain)).split())


@functools.lru_cache(4096)
def _cleaned(letter: str) -> str:
    """A space for white space, nothing for control characters, ideographs apart. Characters that Unicode has not named yet stay."""
    if letter in " \t\n\r":
        return " "
    code = ord(letter)
    if letter == "\ufffd" or unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if any(low <= code <= high for low, high in _IDEOGRAPHS):
        return f" {letter} "
    return " " if letter.isspace() else letter


@functools.lru_cache(4096)
def _lowered(letter: str) -> str:
    """Without accents, in lower case, punctuation apart."""
    category = unicodedata.category(letter)
    if category == "Mn":
        return ""
    if category[0] == "P" or letter in "$+<=>^`|~":
        return f" {letter} "
    return letter.lower()
