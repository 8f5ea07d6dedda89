"""Words: what is one, when two are the same, where they stand, and how many are kept."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sessions.words import BEGUN, LONGEST_WORD, MOST_STARTS, MOST_WORDS, SHORTEST_START, Query, index_words, normal, utf16


def whole(*texts: str) -> list[str]:
    """Of what is indexed the words, without their beginnings."""
    return [word for word in index_words(*texts) if not word.endswith(BEGUN)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, hello WORLD!", ["hello", "world"]),
        ("Straße STRASSE", ["strasse"]),
        ("caf\u00e9 cafe\u0301", ["caf\u00e9"]),
        ("\ufb01ne \uff26\uff55\uff4c\uff4c", ["fine", "full"]),
        ("snake_case kebab-case 3.5", ["snake", "case", "kebab", "3", "5"]),
        ("北京 とは", ["北", "京", "と", "は"]),
        ("नमस्ते", ["नमस्ते"]),
        ("… \t\n 🙂", []),
    ],
)
def test_a_word_is_letters_digits_and_their_marks_whatever_the_case(text: str, words: list[str]) -> None:
    assert whole(text) == words


def test_a_message_and_its_answer_keep_so_many_words_each_and_each_only_so_much() -> None:
    long = " ".join(f"w{number}" for number in range(5 * MOST_WORDS))
    assert whole(long) == [f"w{number}" for number in range(MOST_WORDS)]
    assert len(whole(long, long.replace("w", "x"))) == 2 * MOST_WORDS
    assert [len(word) for word in whole("é" * 1000 + " " + "e" * 1000)] == [LONGEST_WORD] * 2


def test_a_word_is_indexed_with_its_beginnings_of_three_to_eight_letters() -> None:
    assert index_words("Report, reporting is") == [
        "report",
        "reporting",
        "is",
        "rep*",
        "repo*",
        "repor*",
        "report*",
        "reporti*",
        "reportin*",
    ]
    assert index_words("tea", "北京") == ["tea", "北", "京"]
    many = " ".join(f"{number:03d}abcdefgh" for number in range(MOST_WORDS))
    indexed = index_words(many, many.replace("abc", "xyz"))
    assert len(indexed) == 2 * MOST_WORDS + MOST_STARTS
    assert len("".join(indexed).encode()) < 30_000


def test_a_megabyte_of_one_word_does_not_hold_up_a_turn() -> None:
    started = time.perf_counter()
    assert whole("wörter " * 150_000) == ["wörter"]
    assert time.perf_counter() - started < 1


def test_the_last_word_of_a_query_is_a_beginning_and_what_says_most_is_asked_for() -> None:
    query = Query.of("The quarterly rep")
    assert query is not None
    assert (query.whole, query.start, query.indexed) == (("the", "quarterly"), "rep", ("quarterly",))
    assert query.fits({"the", "quarterly", "report", "more"})
    assert not query.fits({"the", "quarterly", "more"})
    assert not query.fits({"quarterly", "report"})
    alone = Query.of("Report")
    assert alone is not None
    assert alone.indexed == ("report", "report*")
    for text, indexed in (
        ("re", ("re",)),
        ("the repo", ("repo", "repo*")),
        ("the rep", ("the",)),
        ("a quarterlies", ("quarterlies", "quarterl*")),
        ("a 北", ("a",)),
    ):
        asked = Query.of(text)
        assert asked is not None
        assert asked.indexed == indexed, text
    assert Query.of(" ?! ") is None


def test_a_name_matches_by_parts_of_its_words() -> None:
    query = Query.of("port arter")
    assert query is not None
    assert query.fits_parts("Quarterly report")
    assert not query.fits_parts("Quarterly")
    assert ["Quarterly report"[start:end] for start, end in query.parts("Quarterly report")] == ["arter", "port"]


def test_places_are_counted_as_javascript_counts() -> None:
    assert [utf16("a🙂b", place) for place in range(4)] == [0, 1, 3, 4]


TEXTS = st.text(st.sampled_from("aAbBéß\uff21\ufb01\u0301İǆ🙂北京 ़क्_-.,"), max_size=60)


@given(text=TEXTS, asked=TEXTS)
def test_every_place_is_the_word_that_is_searched_for(text: str, asked: str) -> None:
    query = Query.of(asked)
    if query is None:
        return
    for start, end in query.places(text):
        found = normal(text[start:end])
        assert found in query.whole or found.startswith(query.start), (text[start:end], query)
    for start, end in query.parts(text):
        found = normal(text[start:end])
        assert any(word in found for word in (*query.whole, query.start)), (text[start:end], query)


@given(text=TEXTS, asked=TEXTS)
def test_what_the_index_finds_has_a_place_in_the_text(text: str, asked: str) -> None:
    query = Query.of(asked)
    if query is not None and query.fits(set(index_words(text))):
        assert list(query.places(text))
        assert set(query.indexed) & set(index_words(text)) or not (query.whole or len(query.start) >= SHORTEST_START)
