"""API keys: their shape, their checksum, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.errors import Unauthenticated
from shared.workspaces.keys import new_key, parse_key, same_digest

SHAPE = re.compile(r"rg_dev_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}")


def test_a_key_has_the_shape_that_scanners_know() -> None:
    key = new_key("dev")
    assert SHAPE.fullmatch(key.text)
    assert new_key("dev").text != key.text


def test_a_key_leads_to_its_id_and_its_digest_but_not_back() -> None:
    key = new_key("live")
    assert parse_key(key.text) == (key.id, key.digest)
    secret = key.text.split("_")[3][:43]
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in key.digest


@given(st.integers(0, 68), st.sampled_from("0Az_-é\n"))
def test_a_key_with_one_other_character_is_no_key(place: int, letter: str) -> None:
    text = KEY.text[:place] + letter + KEY.text[place + 1 :]
    if text == KEY.text:
        return
    with pytest.raises(Unauthenticated):
        parse_key(text)


KEY = new_key("dev")


CHANGES: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "prefix": lambda text: "rg_",
    "cut": lambda text: text[:-1],
    "longer": lambda text: text + "0",
    "line feed": lambda text: text + "\n",
    "blank": lambda text: " " + text,
    "upper case": str.upper,
    "environment": lambda text: text.replace("rg_dev", "rg_live"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_cut_or_changed_is_refused_without_a_look_at_the_store(change: str) -> None:
    text = CHANGES[change](KEY.text)
    with pytest.raises(Unauthenticated) as refused:
        parse_key(text)
    assert KEY.text[20:60] not in refused.value.message


def test_digests_are_compared_whole() -> None:
    assert same_digest(KEY.digest, KEY.digest)
    assert not same_digest(KEY.digest, KEY.digest[:-1] + "0" * (KEY.digest[-1] != "0") + "1" * (KEY.digest[-1] == "0"))
    assert not same_digest(KEY.digest, "")
