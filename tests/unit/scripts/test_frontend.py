"""When the web app's packages are installed anew, when it is built anew, and with which Node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.frontend import compress, fits, installed, sources_digest

LOCK = {
    "": {"name": "app"},
    "node_modules/react": {"version": "19.0.0"},
    "node_modules/vitest": {"version": "4.0.0", "dev": True},
    "node_modules/native-windows": {"version": "1.0.0", "optional": True},
}


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": LOCK}))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("export {};")
    return tmp_path


def record(frontend: Path, **versions: str) -> None:
    (frontend / "node_modules").mkdir(exist_ok=True)
    packages = {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    (frontend / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": packages}))


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0", "v24.19.0\n", "v25.0.0-nightly1"])
def test_a_node_of_these_versions_fits(version: str) -> None:
    assert fits(version)


@pytest.mark.parametrize("version", ["v20.18.3", "v21.7.0", "v22.11.0", "v18.20.0", "", "not node", "v9.99.99"])
def test_a_node_of_other_versions_does_not(version: str) -> None:
    assert not fits(version)


def test_packages_are_installed_when_npm_has_recorded_each_one(frontend: Path) -> None:
    assert not installed(frontend, "run")
    record(frontend, react="19.0.0")
    assert installed(frontend, "run")
    assert not installed(frontend, "dev")
    record(frontend, react="19.0.0", vitest="4.0.0")
    assert installed(frontend, "dev")


def test_another_version_than_the_lock_files_is_not_installed(frontend: Path) -> None:
    record(frontend, react="18.0.0", vitest="4.0.0")
    assert not installed(frontend, "run")


def test_a_record_that_was_cut_off_counts_for_nothing(frontend: Path) -> None:
    record(frontend, react="19.0.0")
    place = frontend / "node_modules" / ".package-lock.json"
    place.write_text(place.read_text()[:20])
    assert not installed(frontend, "run")


def test_a_build_is_made_anew_when_a_source_changes_its_name_or_its_content(frontend: Path) -> None:
    seen = {sources_digest(frontend)}
    (frontend / "src" / "main.ts").write_text("export { };")
    seen.add(sources_digest(frontend))
    (frontend / "src" / "main.ts").rename(frontend / "src" / "other.ts")
    seen.add(sources_digest(frontend))
    (frontend / "src" / "more.css").write_text("")
    seen.add(sources_digest(frontend))
    assert len(seen) == 4


def test_a_build_is_not_made_anew_for_what_is_not_in_it(frontend: Path) -> None:
    before = sources_digest(frontend)
    for name in ("node_modules/react/index.js", "dist/index.html", "dist.new/a.js", "src/main.test.tsx", "eslint.config.js"):
        (frontend / name).parent.mkdir(parents=True, exist_ok=True)
        (frontend / name).write_text("anything")
    assert sources_digest(frontend) == before


def test_files_are_compressed_the_same_way_each_time_and_only_when_they_shrink(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("let a = 1;\n" * 500)
    (tmp_path / "small.js").write_text("1")
    (tmp_path / "font.woff2").write_bytes(bytes(5000))
    compress(tmp_path)
    first = (tmp_path / "a.js.gz").read_bytes()
    compress(tmp_path)
    assert (tmp_path / "a.js.gz").read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.js", "a.js.gz", "font.woff2", "small.js"]
