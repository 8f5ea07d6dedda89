"""What a model's tokens cost, and how many it can read at once: a dated table kept as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens. Reasoning tokens are output tokens. `context_window`: tokens of a request and its answer."""

    input: int
    cached: int
    output: int
    context_window: int


@lru_cache(maxsize=1)
def _table() -> dict[str, Price]:
    raw = orjson.loads(Path(__file__).with_name("prices.json").read_bytes())
    return {model: Price(**price) for model, price in raw["models"].items()}


def cost_micros(model: str, input_tokens: int, cached_tokens: int, output_tokens: int) -> int | None:
    """The cost of these tokens in whole micro-dollars, halves rounded up; None when the model's price is not known.

    `model` is `provider:model`; `cached_tokens` are part of `input_tokens`. A dated name (`openai:gpt-4o-2024-08-06`) has the price
    of the longest name in the table that it starts with.
    """
    if model.startswith("local:"):
        return 0
    price = price_of(model)
    if price is None:
        return None
    fresh = max(0, input_tokens - cached_tokens)
    total = fresh * price.input + cached_tokens * price.cached + output_tokens * price.output
    return (total + 500_000) // 1_000_000


def price_of(model: str) -> Price | None:
    """What is known of the model; None when it is not in the table."""
    table = _table()
    if model in table:
        return table[model]
    # Only a date may follow: gpt-4o-audio is another model than gpt-4o, at another price.
    dated = [name for name in table if model.startswith(f"{name}-") and model[len(name) + 1 :].replace("-", "").isdigit()]
    return table[max(dated, key=len)] if dated else None
