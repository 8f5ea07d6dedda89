"""The tokenizer against the ids that the library `tokenizers` 0.23.3 gives with the model's own tokenizer.json."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from shared.adapters.minilm.wordpiece import BEGIN, END, WordPieces

EXPECTED: dict[str, list[int]] = dict(json.loads(Path(__file__).with_name("word_pieces.json").read_text()))
"""Made by `Tokenizer.from_file("tokenizer.json").encode(text).ids`."""


@pytest.fixture(scope="module")
def tokenizer() -> WordPieces:
    return WordPieces()


@pytest.mark.parametrize("text", EXPECTED, ids=range(len(EXPECTED)))
def test_ids_are_those_of_the_reference(tokenizer: WordPieces, text: str) -> None:
    assert tokenizer.encode(text, 256) == EXPECTED[text]


def test_the_names_of_special_pieces_are_plain_text_here(tokenizer: WordPieces) -> None:
    ids = tokenizer.encode("a [SEP] b [CLS] [PAD]", 256)
    assert ids.count(END) == 1
    assert ids.count(BEGIN) == 1
    assert 0 not in ids


def test_the_limit_counts_the_marks_and_cuts_inside_a_word(tokenizer: WordPieces) -> None:
    whole = tokenizer.encode("unaffable unaffable", 256)
    for most in range(2, len(whole)):
        assert tokenizer.encode("unaffable unaffable", most) == [*whole[: most - 1], END]


def test_a_huge_text_costs_no_more_than_what_is_read_of_it(tokenizer: WordPieces) -> None:
    begun = time.process_time()
    assert len(tokenizer.encode("word " * 2_000_000, 256)) == 256
    assert time.process_time() - begun < 1
