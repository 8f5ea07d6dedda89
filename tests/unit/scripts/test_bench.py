"""The benchmark counts what it says it counts: a number with failed turns in it would mean nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.stub_model import StubModel, stub_model
from local.stub_script import Script
from scripts.bench.counting import counted
from scripts.bench.load import Job, Load, Result
from scripts.bench.measure import Series, percentile, ratio

REQUEST = '{"model": "stub", "stream": true, "messages": [{"role": "user", "content": "hello"}]}'


def run(stub: StubModel, callers: int, turns: int) -> Result:
    async def load() -> Result:
        job = Job(port=urlsplit(stub.base_url).port or 0, path="/v1/chat/completions", raw_body=REQUEST, callers=callers, turns=turns)
        return await Load(job).run()

    return asyncio.run(load())


def test_each_whole_answer_is_one_turn_with_its_times_in_order() -> None:
    with stub_model(Script(tokens=5, first_delay=0.01, delay=0.002)) as stub:
        result = run(stub, callers=2, turns=3)
    assert (result.turns, result.failures) == (6, {})
    for first_byte, first_token, whole in zip(result.first_byte, result.first_token, result.whole, strict=True):
        assert 0.01 <= first_byte <= first_token <= whole


@pytest.mark.parametrize("fault", ["cut 2", "status 500"])
def test_an_answer_that_is_not_whole_is_a_failure_and_no_turn(fault: str) -> None:
    with stub_model(Script(tokens=5)) as stub:
        stub.fail_next(fault)
        result = run(stub, callers=1, turns=1)
    assert result.turns == 0
    assert sum(result.failures.values()) == 1


def test_documents_are_counted_from_a_place_in_the_file_on(tmp_path: Path) -> None:
    file = tmp_path / "counts"
    file.write_text("r 2\nw 1\n")
    reads, writes, place = counted(str(file), 0)
    with file.open("a") as more:
        more.write("r 7\nw 3\nw 4\n")
    assert (reads, writes) == (2, 1)
    assert counted(str(file), place)[:2] == (7, 7)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(200, 0, -1)]
    assert (percentile(values, 95), percentile(values, 100), percentile([3.0], 95)) == (190.0, 200.0, 3.0)


def test_a_ratio_compares_what_was_measured_in_the_same_round() -> None:
    assert ratio(Series([100.0, 10.0]), Series([20.0, 1.0])).values == [5.0, 10.0]
