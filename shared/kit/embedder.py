"""The port of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Turns texts into unit vectors; the same text always gives the same vector for one `model`."""

    @property
    def model(self) -> str:
        """`provider:name`, stored beside every vector so that vectors of two models never meet."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of each vector, at most 2,048."""
        ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 for each text, in order; [] for no texts. Raises Unavailable or ModelFailed."""
        ...
