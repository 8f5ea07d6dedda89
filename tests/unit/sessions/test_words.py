"""Words: what is one, when two are the same, where they stand, and how many are kept."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sessions.words import LONGEST_WORD, MOST_WORDS, Query, index_words, normal, utf16


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
    assert index_words(text) == words


def test_a_message_and_its_answer_keep_so_many_words_each_and_each_only_so_much() -> None:
    long = " ".join(f"w{number}" for number in range(5 * MOST_WORDS))
    assert index_words(long) == [f"w{number}" for number in range(MOST_WORDS)]
    assert len(index_words(long, long.replace("w", "x"))) == 2 * MOST_WORDS
    assert [len(word) for word in index_words("é" * 1000 + " " + "e" * 1000)] == [LONGEST_WORD] * 2


def test_a_megabyte_of_one_word_does_not_hold_up_a_turn() -> None:
    started = time.perf_counter()
    assert index_words("wörter " * 150_000) == ["wörter"]
    assert time.perf_counter() - started < 1


def test_the_last_word_of_a_query_is_a_beginning_and_the_longest_complete_one_is_indexed() -> None:
    query = Query.of("The quarterly rep")
    assert query is not None
    assert (query.whole, query.start, query.indexed) == (("the", "quarterly"), "rep", "quarterly")
    assert query.fits({"the", "quarterly", "report", "more"})
    assert not query.fits({"the", "quarterly", "more"})
    assert not query.fits({"quarterly", "report"})
    alone = Query.of("Report")
    assert alone is not None
    assert alone.indexed == "report"
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
        assert query.indexed in index_words(text) or not query.whole
