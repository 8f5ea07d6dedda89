"""Fault points: silent unless armed, armed only beside an emulator, and then they act as they say."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.kit.errors import Unavailable
from shared.kit.faults import arm, fault

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm("", beside_emulator=False)


def test_nothing_is_armed_at_first() -> None:
    fault("run.accepted")


@pytest.mark.parametrize("specification", ["run.accepted=raise", "x=kill"])
def test_without_an_emulator_nothing_can_be_armed(specification: str) -> None:
    with pytest.raises(RuntimeError, match="REGGIE_FAULTS works only beside an emulator"):
        arm(specification, beside_emulator=False)
    fault("run.accepted")
    fault("x")


@pytest.mark.parametrize("specification", ["run.accepted", "run.accepted=explode", "run.accepted=", "a=raise,b"])
def test_a_malformed_specification_stops_the_start(specification: str) -> None:
    with pytest.raises(RuntimeError, match="must be point=kill"):
        arm(specification, beside_emulator=True)


def test_only_the_named_point_acts() -> None:
    arm("run.accepted=raise", beside_emulator=True)
    fault("run.claimed")
    with pytest.raises(Unavailable, match=r"run\.accepted"):
        fault("run.accepted")


def test_arming_again_forgets_what_was_armed() -> None:
    arm("run.accepted=raise", beside_emulator=True)
    arm("", beside_emulator=True)
    fault("run.accepted")


def test_a_visit_number_acts_at_that_visit_only() -> None:
    arm("run.accepted=raise#3", beside_emulator=True)
    fault("run.accepted")
    fault("run.accepted")
    with pytest.raises(Unavailable):
        fault("run.accepted")
    fault("run.accepted")


def test_a_probability_acts_about_that_often() -> None:
    random.seed(20)  # Fixed: 1,000 draws at 0.25 then always hit the same number of times.
    arm("run.accepted=raise@0.25", beside_emulator=True)
    hits = 0
    for _ in range(1_000):
        try:
            fault("run.accepted")
        except Unavailable:
            hits += 1
    assert 200 < hits < 300


def test_several_points_can_be_armed_at_once() -> None:
    arm("a=raise, b=raise", beside_emulator=True)
    for point in ("a", "b"):
        with pytest.raises(Unavailable):
            fault(point)


def test_kill_kills_the_process() -> None:
    script = "from shared.kit.faults import arm, fault\narm('p=kill', beside_emulator=True)\nfault('p')\nprint('survived')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")


def test_stop_pauses_the_process_until_it_is_continued() -> None:
    script = "from shared.kit.faults import arm, fault\narm('p=stop', beside_emulator=True)\nfault('p')\nprint('went on')"
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=60)
    assert out == "went on\n"
