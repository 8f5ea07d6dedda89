"""The house's texts, and the proof that each rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import text_rules
from tests.architecture.conftest import plant
from tests.architecture.source import Rule, Tree

RULES = (text_rules.nothing_is_put_off, text_rules.every_ignore_says_what, text_rules.no_path_of_one_machine)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, house: Tree) -> None:
    assert rule(house) == []


def whole(text: str) -> str:
    """Samples are broken by a tilde, so that this file keeps the rules itself."""
    return text.replace("~", "")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (text_rules.nothing_is_put_off, "x = 1  # TO~DO later"),
        (text_rules.nothing_is_put_off, "# FIX~ME: broken"),
        (text_rules.every_ignore_says_what, "x = y  # type: ig~nore"),
        (text_rules.every_ignore_says_what, "x = y  # no~qa"),
        (text_rules.no_path_of_one_machine, "x = '/ho~me/ada/src'"),
        (text_rules.no_path_of_one_machine, "x = '/Use~rs/ada/src'"),
        (text_rules.no_path_of_one_machine, "x = '/wo~rk/main'"),
        (text_rules.no_path_of_one_machine, "file:///ro~ot/x"),
    ],
)
@pytest.mark.parametrize("name", ["shared/a.py", "docs/a.md", "Makefile", "infra/terraform/a.tf"])
def test_a_bad_sample_fails(rule: Rule, text: str, name: str, tmp_path: Path) -> None:
    assert len(rule(plant(tmp_path, {name: f"first\n{whole(text)}\n"}))) == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_ordinary_text_passes(rule: Rule, tmp_path: Path) -> None:
    text = (
        "x = 1  # type: ignore[assignment]\ny = 2  # noqa: S105\nhttps://example.com/home/x /workspace/shared a/home/b autodoc mastodon\n"
    )
    assert rule(plant(tmp_path, {"a.py": whole(text), ".venv/b.py": whole("# FIX~ME"), "build/c.md": whole("TO~DO")})) == []
