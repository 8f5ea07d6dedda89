"""The port of embeddings with all-MiniLM-L6-v2 in int8, some 3 ms for a question and 11 ms for a passage of 75 words.

The model reads English and the first 256 word pieces of a text (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.kit.errors import ModelFailed, Unavailable

_WORD_PIECES = 256


class MiniLmEmbedder:
    """Loads the ONNX file `weights` on first use (0.3 s); safe to use from many threads."""

    def __init__(self, weights: Path, threads: int = 1) -> None:
        self._weights = weights
        self._threads = threads
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    @property
    def model(self) -> str:
        return "local:all-minilm-l6-v2"

    @property
    def dimensions(self) -> int:
        return 384

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See the port. Texts run one by one: in a batch the int8 scales, and so the vectors, would depend on a text's neighbours."""
        if not texts:
            return []
        self._load()
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> list[float]:
        import numpy as np

        ids = np.array([self._tokenizer.encode(text, _WORD_PIECES)], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(["last_hidden_state"], inputs)
        mean = states[0].mean(axis=0, dtype=np.float64)
        vector: list[float] = (mean / np.linalg.norm(mean)).tolist()
        return vector

    def _load(self) -> None:
        with self._lock:
            if self._session is not None:
                return
            if not self._weights.is_file():
                raise Unavailable(f"the weights of the local embedding model are not there yet: {self._weights.name}", retry_after=10.0)
            import onnxruntime
            from onnxruntime.capi import onnxruntime_pybind11_state as failures

            from shared.adapters.minilm.wordpiece import WordPieces

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self._threads
            options.inter_op_num_threads = 1
            try:
                session = onnxruntime.InferenceSession(str(self._weights), options, providers=["CPUExecutionProvider"])
            except (failures.Fail, failures.InvalidArgument, failures.InvalidGraph, failures.InvalidProtobuf) as error:
                raise ModelFailed("the weights of the local embedding model cannot be read: delete the file and fetch it again") from error
            self._tokenizer, self._session = WordPieces(), session
