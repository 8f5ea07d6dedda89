"""What answers now: the demo answerer until the weights are there, then the model, without a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from local import model_files
from local.model_server.answers import Answerer
from local.model_server.demo import DemoAnswerer
from local.model_server.engine import CannotRun, QwenEngine
from local.model_server.log import log
from shared.kit.embedder import Embedder
from shared.kit.errors import Unavailable

LOOK_EVERY = 1.0
"""Seconds between two looks for the weights."""


class Models:
    """The chat model and the embedder of this process, as they come."""

    def __init__(self, load: Callable[[Path], Answerer] = QwenEngine) -> None:
        self._load = load
        self._demo = DemoAnswerer(self._situation)
        self._model: Answerer | None = None
        self._problem = ""
        self._failed: tuple[Path, int] | None = None
        self._loading = False
        self._embedder: Embedder | None = None
        self._embedder_lock = threading.Lock()
        self._ended = threading.Event()

    @property
    def chat(self) -> Answerer:
        return self._model or self._demo

    @property
    def is_demo(self) -> bool:
        return self._model is None

    @property
    def stage(self) -> str:
        """`ready`, `loading`, `failed` (see `problem`) or `demo`."""
        if self._model is not None:
            return "ready"
        return "loading" if self._loading else "failed" if self._problem else "demo"

    @property
    def problem(self) -> str:
        """Why weights that are there cannot be used; a sentence, or empty."""
        return self._problem

    def watch(self) -> None:
        """Load the chat model as soon as its weights are there, in a thread of its own."""
        threading.Thread(target=self._watch, name="watch-for-weights", daemon=True).start()

    def close(self) -> None:
        self._ended.set()

    def embedder(self) -> Embedder:
        """Raises Unavailable while there is none."""
        with self._embedder_lock:
            if self._embedder is None:
                path = model_files.minilm_path()
                if path is None:
                    raise Unavailable(
                        "The MiniLM weights are not here yet: `python -m local.model_files fetch` fetches them.", retry_after=30
                    )
                from shared.adapters.minilm.embedder import MiniLmEmbedder

                self._embedder = MiniLmEmbedder(path)
            return self._embedder

    def _watch(self) -> None:
        while self._model is None:
            path = model_files.chat_model_path()
            if path is not None:
                self._try(path)
            if self._ended.wait(LOOK_EVERY):
                return

    def _try(self, path: Path) -> None:
        """Load, unless this very file failed before."""
        this = (path, path.stat().st_mtime_ns if path.exists() else 0)
        if this == self._failed:
            return
        self._loading, self._problem = True, ""
        try:
            self._model = self._load(path)
            log.info("the model %s is loaded", self._model.model)
        except CannotRun as error:
            self._problem = f"The local model cannot be used: {error}"
            self._failed = this
            log.error("%s", self._problem)
        finally:
            self._loading = False

    def _situation(self) -> tuple[model_files.FetchState, str]:
        return model_files.fetch_state(), self._problem
