"""Words of a text: as they are indexed, as they are searched for, and where they stand.

A word is a run of letters, digits and the marks on them; each Chinese or Japanese character is one, as those scripts set no blanks. Two
words are the same when NFKC and case folding make them so (Unicode 15, section 3.13: D146).

The index holds the words themselves and, with a BEGUN behind them, their beginnings, so that a word is found while it is typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MOST_WORDS = 400
"""Different words of a message, and as many of its answer, that are indexed: 800 stay below 20 kB of a document."""
SHORTEST_START, LONGEST_START = 3, 8
"""Letters of the beginnings that are indexed. Past 8 letters hardly any two words of a text differ: only 3 % more beginnings."""
MOST_STARTS = 1200
"""Different beginnings that are indexed for a message and its answer together. 800 words of English prose have about as many: 10 kB."""
BEGUN = "*"
"""Stands in the index behind a beginning; no word holds it."""
LONGEST_WORD = 64
"""Characters of a word that count."""
SCANNED = 100_000
"""Characters of a text that are looked through for its words: 10 ms."""

_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Marks are no word characters to `re`; without them a decomposed é and every Indic vowel sign would end a word.
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}](?:[^\W_{_ALONE}]|[{_MARKS}])*")


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: all of `whole` as words, and `start` as the beginning of one; normalised."""

    whole: tuple[str, ...]
    start: str

    @classmethod
    def of(cls, text: str) -> Query | None:
        """The last word may still be unfinished. None when there is no word."""
        found = [normal(word) for _, word in _words(text)]
        return cls(tuple(dict.fromkeys(found[:-1])), found[-1]) if found else None

    @property
    def indexed(self) -> tuple[str, ...]:
        """What to ask the index for, one by one: the longest complete word; or the last one, complete and begun, when it is longer."""
        longest, start = max(self.whole, key=len, default=""), self.start[:LONGEST_START]
        if len(start) >= SHORTEST_START and len(start) > len(longest):
            return self.start, start + BEGUN
        return (longest or self.start,)

    def fits(self, words: set[str]) -> bool:
        """Whether all that is searched for is among these words of an index."""
        return words.issuperset(self.whole) and any(word.startswith(self.start) for word in words)

    def fits_parts(self, text: str) -> bool:
        """Whether each word that is searched for is a part of some word of a short text."""
        words = [normal(word) for _, word in _words(text)]
        return all(any(wanted in word for word in words) for wanted in (*self.whole, self.start))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand in a text, from and to: whole words, and the beginnings of words."""
        for at, word in _words(text):
            found = normal(word)
            if found in self.whole:
                yield at, at + len(word)
            elif found.startswith(self.start):
                yield _part(at, word, self.start)

    def parts(self, text: str) -> list[tuple[int, int]]:
        """Where they stand in a text as parts of words; of each word the longest part."""
        found = []
        for at, word in _words(text):
            wanted = [part for part in (*self.whole, self.start) if part in normal(word)]
            if wanted:
                found.append(_part(at, word, max(wanted, key=len)))
        return found


def index_words(message: str, answer: str = "") -> list[str]:
    """The different words of a message and of its answer, in order, and behind them their beginnings."""
    words = list(dict.fromkeys([*_first(message), *_first(answer)]))
    starts = (word[:end] + BEGUN for word in words for end in range(SHORTEST_START, min(len(word), LONGEST_START + 1)))
    return [*words, *islice(dict.fromkeys(starts), MOST_STARTS)]


def normal(word: str) -> str:
    """A word as it is compared."""
    if word.isascii():
        return word.lower()[:LONGEST_WORD]
    folded = unicodedata.normalize("NFKC", word).casefold()
    return unicodedata.normalize("NFKC", folded)[:LONGEST_WORD]


def utf16(text: str, place: int) -> int:
    """A place in a text as JavaScript counts it, in UTF-16 code units."""
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


def _first(text: str) -> list[str]:
    found: dict[str, None] = {}
    for at, word in _words(text):
        found.setdefault(normal(word))
        if len(found) == MOST_WORDS or at > SCANNED:
            break
    return list(found)


def _words(text: str) -> Iterator[tuple[int, str]]:
    for match in _WORD.finditer(text):
        yield match.start(), match[0]


def _part(at: int, word: str, wanted: str) -> tuple[int, int]:
    """Where in the word at `at` the part stands; all of the word when normalising it moves its characters."""
    start = normal(word).find(wanted)
    end = start + len(wanted)
    if normal(word[start:end]) == wanted:
        return at + start, at + end
    return at, at + len(word)
