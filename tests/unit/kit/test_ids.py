"""Ids: shaped alike, never the same by chance, and safe as a path segment when a caller chooses one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.errors import Unprocessable
from shared.kit.ids import client_id, derived_id, new_id

SHAPE = re.compile(r"run_[a-z2-7]{26}")


def test_new_ids_have_their_shape_and_differ() -> None:
    ids = {new_id("run") for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(SHAPE.fullmatch(value) for value in ids)


def test_our_own_ids_may_be_sent_back_by_a_caller() -> None:
    assert client_id(value := new_id("run"), "run_id") == value
    assert client_id(value := derived_id("run", "a"), "run_id") == value


@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=4))
def test_a_derived_id_is_the_same_only_for_the_same_parts(first: list[str], second: list[str]) -> None:
    assert SHAPE.fullmatch(derived_id("run", *first))
    assert (derived_id("run", *first) == derived_id("run", *second)) is (first == second)


def test_a_derived_id_does_not_change_between_versions() -> None:
    """Retries of one request must meet after a deployment too."""
    assert derived_id("run", "session", "key") == "run_gcdza4qrdeeue3vmlr2defq57m"


@pytest.mark.parametrize("value", ["a", "0", "user@example.com", "a.b:c~d-e_f", "A" * 128])
def test_a_usable_client_id_stays_as_it_is(value: str) -> None:
    assert client_id(value, "session_id") == value


@pytest.mark.parametrize(
    "value", ["", " ", ".", "..", ".hidden", "-a", "a/b", "a\\b", "a b", "a\n", "a\0", "é", "a%2fb", "A" * 129, "__name__", "a\u2028"]
)
def test_an_unusable_client_id_is_refused_with_the_name_of_its_field(value: str) -> None:
    with pytest.raises(Unprocessable, match="session_id must be 1 to 128 characters") as refusal:
        client_id(value, "session_id")
    assert [place for place, _ in refusal.value.fields] == ["session_id"]


@given(st.text(max_size=140))
def test_whatever_passes_is_one_safe_path_segment(value: str) -> None:
    try:
        passed = client_id(value, "id")
    except Unprocessable:
        return
    assert passed.isascii()
    assert passed.isprintable()
    assert not set(passed) & set("/\\ %?#*")
    assert passed not in (".", "..")
