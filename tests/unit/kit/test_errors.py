"""The exception tree: its docstring is the contract, so the two must agree."""

from __future__ import annotations

import re

import pytest

from shared.kit import errors
from shared.kit.errors import ModelFailed, ReggieError, Unavailable, Unprocessable

TREE = {name: int(status) for name, status in re.findall(r"── (\w+) +(\d{3}) ", errors.__doc__ or "")}
CLASSES = {name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, ReggieError)}


def test_the_docstring_lists_every_error_with_its_status() -> None:
    assert {name: error.status for name, error in CLASSES.items() if error is not ReggieError} == TREE


def test_a_subclass_stands_below_its_parent_in_the_docstring() -> None:
    parents = {1: "ReggieError"}
    for indent, name in re.findall(r"^ +((?:│   )?)[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = 2 if indent else 1
        assert [base.__name__ for base in CLASSES[name].__bases__] == [parents[depth]]
        parents[depth + 1] = name


def test_every_kind_is_its_own() -> None:
    kinds = [error.kind for error in CLASSES.values()]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("error", CLASSES.values())
def test_every_error_carries_its_sentence(error: type[ReggieError]) -> None:
    raised = error("say what to change")
    assert str(raised) == raised.message == "say what to change"


def test_unavailable_always_says_when_to_come_back() -> None:
    assert Unavailable("busy").retry_after == 1.0
    assert Unavailable("busy", retry_after=30).retry_after == 30


def test_a_model_failure_names_its_kind() -> None:
    assert ModelFailed("too slow", kind="model_timeout").kind == "model_timeout"
    assert ModelFailed("refused").kind == "model_provider_error"


def test_a_field_error_lists_the_places() -> None:
    assert Unprocessable("two fields", fields=(("a", "missing"), ("b", "not a number"))).fields == (("a", "missing"), ("b", "not a number"))
