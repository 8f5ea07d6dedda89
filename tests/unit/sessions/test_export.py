"""A session as Markdown: readable, and nothing in it breaks out of its place."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from shared.agents.runner import TurnInput
from shared.agents.turns import NewTurn
from shared.kit.stop import StopSignal
from shared.sessions.events import Finished, RunnerEvent
from shared.sessions.export import all_runs, file_name, markdown
from shared.sessions.messages import Message, ToolCall
from tests.support.domain import USAGE, House, Instance


def exported(instance: Instance) -> str:
    return markdown(instance.sessions.get("s1"), all_runs("s1", instance.runs))


def test_each_turn_has_a_heading_and_the_front_matter_is_yaml(instance: Instance) -> None:
    instance.say('A "title": # with\tall')
    instance.say("second")
    instance.sessions.update("s1", {"tags": ["blue", "x: y"]})
    text = exported(instance)
    _, front, body = text.split("---\n", 2)
    read = yaml.safe_load(front)
    assert (read["id"], read["agent"], read["turns"], read["tags"]) == ("s1", "a1", 2, ["blue", "x: y"])
    assert read["title"] == 'A "title": # with all'
    assert (read["input_tokens"], read["output_tokens"]) == (200, 20)
    assert read["cost_usd"] > 0
    assert [line for line in body.splitlines() if line.startswith("## ")] == ["## Turn 1", "## Turn 2"]
    assert "**You**" in body
    assert "to second" in body


def test_a_turn_on_another_branch_says_after_which_it_stands(instance: Instance) -> None:
    first = instance.say("first").id
    instance.say("second")
    turns = instance.turns()
    turns.finish(turns.accept(NewTurn("a1", "instead", "s1", parent=first), "u1"))
    turns.finish(turns.accept(NewTurn("a1", "anew", "s1", parent=""), "u1"))
    headings = [line for line in exported(instance).splitlines() if line.startswith("## ")]
    assert headings == ["## Turn 1", "## Turn 2", "## Turn 3, after turn 1", "## Turn 4, from the start"]


def test_the_steps_of_tools_are_folded_and_fenced(house: House) -> None:
    def play(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        call = ToolCall("c1", "look<b>", {"q": "x"})
        messages = (
            Message("assistant", "", (call,)),
            Message("tool", "```\nfenced\n```", tool_call_id="c1", tool_name="look"),
            Message("assistant", "done"),
        )
        yield Finished("done", "", messages, USAGE, 0.1)

    instance = house.instance(play)
    instance.say("use it")
    text = exported(instance)
    assert "<details><summary>look&lt;b></summary>" in text
    assert "````\n```\nfenced\n```\n````" in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_every_run_is_in_it_however_many(instance: Instance) -> None:
    ids = [instance.say(f"m{number}").id for number in range(103)]
    assert [run.id for run in all_runs("s1", instance.runs)] == ids
    assert all_runs("none", instance.runs) == []


def test_a_file_is_named_after_the_session(instance: Instance) -> None:
    instance.say("Grüße: a/b \\ ..")
    assert file_name(instance.sessions.get("s1"), "md") == "Grüße-a-b.md"
    instance.say("🙂", "s2")
    assert file_name(instance.sessions.get("s2"), "json") == "s2.json"
