"""Whether the local vectors mean anything, and what happens without weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.adapters.minilm.embedder import MiniLmEmbedder
from shared.kit.errors import ModelFailed, Unavailable
from tests.support.minilm_weights import minilm_weights  # noqa: F401  # A fixture, found by name.

ROOT = Path(__file__).parents[3]

PASSAGES = {
    "password": "To change your password, open the settings, choose Security and follow the link in the e-mail we send you.",
    "invoice": "Invoices are sent on the first day of each month and must be paid within thirty days.",
    "holiday": "Every employee has thirty days of paid vacation a year; ask your manager two weeks before you leave.",
    "server": "If the machine does not respond, restart the service and look at the last lines of its log.",
    "coffee": "The kitchen on the second floor has an espresso machine. Please clean it after use.",
}
QUESTIONS = {
    "I forgot how to sign in to my account": "password",
    "when do I have to transfer the money": "invoice",
    "how long may I be away in summer": "holiday",
    "the computer hangs, what now": "server",
    "where can I get something hot to drink": "coffee",
}


@pytest.fixture(scope="module")
def embedder(minilm_weights: Path) -> MiniLmEmbedder:  # noqa: F811
    return MiniLmEmbedder(minilm_weights)


def closeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.localmodel
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_nearest_to_the_passage_that_answers_it(embedder: MiniLmEmbedder, question: str) -> None:
    asked, *passages = embedder.embed([question, *PASSAGES.values()])
    nearest = max(zip(PASSAGES, passages, strict=True), key=lambda named: closeness(asked, named[1]))
    assert nearest[0] == QUESTIONS[question]


@pytest.mark.localmodel
def test_similar_texts_are_nearer_than_unrelated_ones_by_far(embedder: MiniLmEmbedder) -> None:
    cat, kitten, tax = embedder.embed(["A cat sleeps on the sofa.", "A kitten naps on the couch.", "Tax returns are due in May."])
    assert closeness(cat, kitten) > 0.6
    assert closeness(cat, tax) < 0.2


@pytest.mark.localmodel
def test_what_lies_past_256_word_pieces_is_not_read(embedder: MiniLmEmbedder) -> None:
    read = "apple " * 254
    one, other, shorter = embedder.embed([read + "banana", read + "invoice " * 1000, "apple " * 253 + "banana"])
    assert one == other
    assert one != shorter


def test_without_weights_it_is_unavailable_for_now(tmp_path: Path) -> None:
    embedder = MiniLmEmbedder(tmp_path / "missing.onnx")
    assert embedder.embed([]) == []
    with pytest.raises(Unavailable, match=r"missing\.onnx"):
        embedder.embed(["text"])


def test_broken_weights_say_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model" * 100)
    with pytest.raises(ModelFailed, match="fetch it again"):
        MiniLmEmbedder(broken).embed(["text"])


def test_nothing_heavy_is_imported_before_the_first_text() -> None:
    program = (
        "import sys; from pathlib import Path; from shared.adapters.minilm.embedder import MiniLmEmbedder; MiniLmEmbedder(Path('x'));"
        "print([name for name in ('onnxruntime', 'numpy') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
