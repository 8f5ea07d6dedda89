"""What is special to agno below the Runner: it is imported late, says nothing, sends nothing and keeps nothing."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from local.stub_model import stub_model
from shared.adapters.agno.runner import AgnoRunner, Provider, warm
from shared.kit.errors import ModelFailed
from tests.support.turns import finished, play, runner_for, tool, turn_input


def test_agno_is_imported_by_the_first_turn_and_the_openai_client_never() -> None:
    program = """
import sys
from shared.adapters.agno.runner import AgnoRunner, Provider, warm
AgnoRunner({"local": Provider("http://127.0.0.1:1/v1", "")})
heavy = ("agno", "openai", "httpx")
print([name for name in heavy if name in sys.modules])
warm()
print([name for name in heavy if name in sys.modules])
"""
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0] == "[]"
    assert "agno" in lines[1]
    assert "openai" not in lines[1]


def test_agno_writes_nothing_even_when_a_turn_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with stub_model() as stub:
        finished(play(runner_for(stub), turn_input("call calculator 1", tools=[tool()])))
        with pytest.raises(ModelFailed):
            play(runner_for(stub), turn_input("fault cut 5"))
    assert capfd.readouterr() == ("", "")


def test_agno_keeps_no_trace_of_a_turn() -> None:
    from agno.run import cancel

    with stub_model() as stub:
        runner = runner_for(stub)
        for message in ("hello", "fault cut 5"):
            try:
                play(runner, turn_input(message))
            except ModelFailed:
                continue
        assert cancel.get_active_runs() == {}


def test_a_turn_costs_little_cpu() -> None:
    """0.5 ms where it was measured; the bound is wide because machines differ, but typed chunks (5.6 ms) would not pass."""
    warm()
    program = [sys.executable, "-m", "local.stub_model", "--tokens", "40"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().split()[-1]
            runner = AgnoRunner({"local": Provider(address, "k")})
            for _ in range(50):
                play(runner, turn_input("hello", tools=[tool()]))
            began = time.thread_time()
            for _ in range(200):
                play(runner, turn_input("hello", tools=[tool()]))
            spent = (time.thread_time() - began) / 200
        finally:
            server.terminate()
    print(f"{spent * 1000:.2f} ms")
    assert spent < 0.003
