"""What tokens cost, in whole micro-dollars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.metrics.prices import cost_micros, price_of


@pytest.mark.parametrize(
    ("model", "tokens", "cost"),
    [
        # 1,000,000 fresh at $0.40, 1,000,000 cached at $0.10, 1,000,000 out at $1.60
        ("openai:gpt-4.1-mini", (2_000_000, 1_000_000, 1_000_000), 2_100_000),
        ("openai:gpt-4.1-mini", (0, 0, 0), 0),
        ("openai:gpt-4.1-mini", (1, 0, 0), 0),
        ("openai:gpt-4.1-mini", (2, 0, 0), 1),
        ("openai:gpt-4.1-mini-2025-04-14", (1_000_000, 0, 0), 400_000),
        ("openai:gpt-4.1-2025-04-14", (1_000_000, 0, 0), 2_000_000),
        ("openai:gpt-4.1-mini-realtime", (1_000_000, 0, 0), None),
        ("openai:gpt-4.1-mini-", (1, 0, 0), None),
        ("openai:nobody-knows", (1, 0, 0), None),
        ("other:gpt-4.1-mini", (1, 0, 0), None),
        ("local:anything", (1_000_000, 0, 1_000_000), 0),
    ],
)
def test_the_cost_of_tokens(model: str, tokens: tuple[int, int, int], cost: int | None) -> None:
    assert cost_micros(model, *tokens) == cost


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_cached_token_never_costs_more_than_a_fresh_one(fresh: int, cached: int, output: int) -> None:
    with_cache = cost_micros("openai:gpt-4.1-mini", fresh + cached, cached, output)
    without = cost_micros("openai:gpt-4.1-mini", fresh + cached, 0, output)
    assert with_cache is not None
    assert without is not None
    assert 0 <= with_cache <= without


def test_the_window_of_a_dated_model_is_that_of_its_name() -> None:
    dated = price_of("openai:gpt-4.1-mini-2025-04-14")
    assert dated is not None
    assert dated.context_window == 1_047_576
    assert price_of("openai:nobody-knows") is None
