from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.filesystem.names import entry_key, file_of
from shared.kit.blobs import blob_path

SEGMENTS = st.from_regex(r"[A-Za-z0-9_.:@~-]{1,8}", fullmatch=True).filter(lambda segment: segment not in (".", ".."))
PATHS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)
BASE = Path("/base")


@settings(deadline=None)
@given(PATHS)
def test_a_path_can_be_read_back_from_its_file(path: str) -> None:
    parts = file_of(BASE, blob_path(path)).relative_to(BASE).parts
    keys = [entry_key(name, is_folder=place < len(parts) - 1) for place, name in enumerate(parts)]
    assert "".join(map(str, keys)) == path


@settings(deadline=None)
@given(PATHS, PATHS)
def test_two_paths_never_share_a_file_even_where_case_is_ignored(one: str, other: str) -> None:
    files = [str(file_of(BASE, path)).casefold() for path in (one, other, one.swapcase())]
    assert len(set(files)) == len({one, other, one.swapcase()})
