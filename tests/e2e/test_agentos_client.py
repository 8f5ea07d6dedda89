"""agno's own client against the running product, unchanged: what it sends is understood, what it gets it can parse."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import pytest
from agno.client import AgentOSClient
from agno.db.base import SessionType
from agno.media import File, Image
from agno.run.agent import (
    ModelRequestCompletedEvent,
    ModelRequestStartedEvent,
    RunCompletedEvent,
    RunContentCompletedEvent,
    RunContentEvent,
    RunErrorEvent,
    RunOutputEvent,
    RunStartedEvent,
    ToolCallCompletedEvent,
    ToolCallStartedEvent,
)
from agno.run.base import RunStatus
from agno.utils.http import aclose_default_clients

from local.stub_model import StubModel
from shared.kit.ids import new_id
from tests.support.product import Product

Result = TypeVar("Result")
Wait = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="module")
def wait() -> Iterator[Wait]:
    """Runs a coroutine to its end. One loop for all tests: the client keeps its connections in a global of its own."""
    with asyncio.Runner() as runner:
        yield runner.run
        runner.run(aclose_default_clients())


@pytest.fixture
def client(product: Product) -> AgentOSClient:
    return AgentOSClient(product.url, timeout=30)


async def events_of(stream: Any) -> list[RunOutputEvent]:
    return [event async for event in stream]


def test_the_description_of_the_os_is_parsed(product: Product, client: AgentOSClient, wait: Wait) -> None:
    for config in (client.get_config(headers=product.headers), wait(client.aget_config(headers=product.headers))):
        assert config.os_id == "reggie"
        assert [agent.id for agent in config.agents] == ["assistant"]
        assert config.agents[0].db_id == config.databases[0]
        assert (config.teams, config.workflows, config.interfaces) == ([], [], [])
        assert config.chat is not None
        assert config.chat.quick_prompts["assistant"]


def test_agents_are_listed_and_described(product: Product, client: AgentOSClient, wait: Wait) -> None:
    (listed,) = wait(client.list_agents(headers=product.headers))
    assert (listed.id, listed.name) == ("assistant", "Assistant")
    for agent in (client.get_agent("assistant", headers=product.headers), wait(client.aget_agent("assistant", headers=product.headers))):
        assert agent.model is not None
        assert agent.tools is not None
        assert (agent.id, agent.db_id, agent.model.model, agent.model.provider) == ("assistant", "reggie", "stub", "OpenAI")
        assert [tool["name"] for tool in agent.tools["tools"]] == ["calculator", "current_time"]
    assert wait(client.list_teams(headers=product.headers)) == []
    assert wait(client.list_workflows(headers=product.headers)) == []


def test_an_unknown_agent_and_a_missing_key_are_http_errors(product: Product, client: AgentOSClient, wait: Wait) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        wait(client.aget_agent("nobody", headers=product.headers))
    assert refused.value.response.status_code == 404
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.get_config()
    assert refused.value.response.status_code == 401


def test_a_run_is_a_run_output_with_its_tool_call(product: Product, client: AgentOSClient, wait: Wait) -> None:
    session = new_id("ses")
    output = wait(
        client.run_agent("assistant", "call calculator 17*6+5", session_id=session, user_id="ada@example.com", headers=product.headers)
    )
    assert output.status == RunStatus.completed
    assert output.content == "107"
    assert (output.session_id, output.user_id, output.agent_id) == (session, "ada@example.com", "assistant")
    (call,) = output.tools
    assert (call.tool_name, call.tool_args, call.result) == ("calculator", {"expression": "17*6+5"}, "107")
    assert output.metrics.total_tokens == output.metrics.input_tokens + output.metrics.output_tokens > 0
    assert [message.role for message in output.messages] == ["user", "assistant", "tool", "assistant"]


def test_a_stream_gives_agnos_event_classes_in_agnos_order(product: Product, client: AgentOSClient, wait: Wait) -> None:
    session = new_id("ses")
    stream = client.run_agent_stream("assistant", "call calculator 2+3", session_id=session, headers=product.headers)
    events = wait(events_of(stream))
    kinds = [type(event) for event in events]
    assert kinds == [
        RunStartedEvent,
        ModelRequestStartedEvent,
        ModelRequestCompletedEvent,
        ToolCallStartedEvent,
        ToolCallCompletedEvent,
        ModelRequestStartedEvent,
        RunContentEvent,
        ModelRequestCompletedEvent,
        RunContentCompletedEvent,
        RunCompletedEvent,
    ]
    assert {event.session_id for event in events} == {session}
    assert {event.agent_id for event in events} == {"assistant"}
    assert len({event.run_id for event in events}) == 1
    assert events[4].tool.result == "5"
    assert events[-1].content == "5"
    assert events[-1].metrics.total_tokens > 0


def test_the_deltas_of_a_stream_add_up_to_the_answer(product: Product, client: AgentOSClient, wait: Wait) -> None:
    text = 'Grüße, 世界: {"a": "}"} \\ end'
    events = wait(events_of(client.run_agent_stream("assistant", f"say: {text}", headers=product.headers)))
    assert "".join(event.content or "" for event in events if isinstance(event, RunContentEvent)) == text
    assert events[-1].content == text


def test_reasoning_arrives_apart_from_the_answer(product: Product, client: AgentOSClient, wait: Wait) -> None:
    events = wait(events_of(client.run_agent_stream("assistant", "think: because so -> an answer", headers=product.headers)))
    pieces = [event for event in events if isinstance(event, RunContentEvent)]
    assert "".join(event.reasoning_content or "" for event in pieces) == "because so"
    assert "".join(event.content or "" for event in pieces) == "an answer"
    assert events[-1].reasoning_content == "because so"


def test_a_failed_model_is_an_error_in_words_both_ways(product: Product, client: AgentOSClient, wait: Wait) -> None:
    output = wait(client.run_agent("assistant", "fault status 400", headers=product.headers))
    assert output.status == RunStatus.error
    assert output.content
    events = wait(events_of(client.run_agent_stream("assistant", "fault status 400", headers=product.headers)))
    assert isinstance(events[0], RunStartedEvent)
    assert isinstance(events[-1], RunErrorEvent)
    assert events[-1].error_type


def test_media_of_the_client_reach_the_model(product: Product, stub: StubModel, client: AgentOSClient, wait: Wait) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20)
    image = Image(content=picture, mime_type="image/png")
    file = File(content=b"a,b\n1,2\n", mime_type="text/csv", filename="table.csv", name="table.csv")
    output = wait(client.run_agent("assistant", "say: seen", images=[image], files=[file], headers=product.headers))
    assert output.status == RunStatus.completed, output.content
    parts = stub.journal[-1]["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert urls == ["data:image/png;base64," + base64.b64encode(picture).decode()]
    assert any("a,b\n1,2\n" in part.get("text", "") for part in parts)


def test_a_picture_of_some_megabytes_fits_the_clients_form(product: Product, stub: StubModel, client: AgentOSClient, wait: Wait) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 14_000
    output = wait(
        client.run_agent("assistant", "say: seen", images=[Image(content=picture, mime_type="image/png")], headers=product.headers)
    )
    assert output.content == "seen"
    parts = stub.journal[-1]["messages"][-1]["content"]
    assert parts[1]["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(picture).decode()


def test_a_session_is_made_read_changed_and_removed(product: Product, client: AgentOSClient, wait: Wait) -> None:
    headers = product.headers
    made = wait(
        client.create_session(
            session_id=new_id("ses"),
            user_id="bob",
            session_name="First name",
            session_state={"step": 1},
            metadata={"from": "test"},
            agent_id="assistant",
            headers=headers,
        )
    )
    assert (made.session_name, made.user_id, made.agent_id) == ("First name", "bob", "assistant")
    assert (made.session_state, made.metadata) == ({"step": 1}, {"from": "test"})
    session = made.session_id
    renamed = wait(client.rename_session(session, "Second name", SessionType.AGENT, headers=headers))
    assert renamed.session_name == "Second name"
    changed = wait(client.update_session(session, SessionType.AGENT, session_state={"step": 2}, summary={"text": "short"}, headers=headers))
    assert (changed.session_name, changed.session_state, changed.metadata) == ("Second name", {"step": 2}, {"from": "test"})
    for kind in (SessionType.AGENT, None):
        read = wait(client.get_session(session, kind, headers=headers))
        assert read.session_summary == {"text": "short"}
        assert abs((datetime.now(UTC) - read.created_at).total_seconds()) < 120
    wait(client.delete_session(session, headers=headers))
    with pytest.raises(httpx.HTTPStatusError) as gone:
        wait(client.get_session(session, headers=headers))
    assert gone.value.response.status_code == 404


def test_sessions_are_listed_in_pages_sorted_and_filtered(product: Product, client: AgentOSClient, wait: Wait) -> None:
    user = new_id("usr")
    names = [f"{user} number {number}" for number in range(5)]
    sessions = [
        wait(client.create_session(user_id=user, session_name=name, agent_id="assistant", headers=product.headers)).session_id
        for name in names
    ]

    def listed(**more: Any) -> Any:
        return wait(client.get_sessions(**{"session_type": SessionType.AGENT, "user_id": user, "headers": product.headers, **more}))

    assert [item.session_id for item in listed().data] == sessions[::-1]
    assert [item.session_id for item in listed(sort_order="asc").data] == sessions
    pages = [listed(limit=2, page=page) for page in (1, 2, 3)]
    assert [item.session_id for page in pages for item in page.data] == sessions[::-1]
    assert {(page.meta.total_count, page.meta.total_pages) for page in pages} == {(5, 3)}
    wait(client.update_session(sessions[1], SessionType.AGENT, metadata={"touched": True}, headers=product.headers))
    assert listed(sort_by="updated_at").data[0].session_id == sessions[1]
    assert [item.session_name for item in listed(session_name="NUMBER 3").data] == [names[3]]
    assert listed(component_id="assistant").meta.total_count == 5
    assert listed(component_id="another").data == []
    assert listed(session_type=SessionType.TEAM).data == []
    first = listed().data[0]
    assert (first.session_type, first.user_id, first.agent_id) == ("agent", user, "assistant")
    assert first.created_at.tzinfo is not None

    wait(client.delete_sessions(sessions[:3], [SessionType.AGENT] * 3, headers=product.headers))
    assert [item.session_id for item in listed(sort_order="asc").data] == sessions[3:]


def test_a_sessions_runs_are_read_whole_short_and_one_by_one(product: Product, client: AgentOSClient, wait: Wait) -> None:
    session, headers = new_id("ses"), product.headers
    outputs = [
        wait(client.run_agent("assistant", message, session_id=session, headers=headers))
        for message in ("say: one", "call calculator 3*4", "fault status 400")
    ]
    ids = [output.run_id for output in outputs]
    runs = wait(client.get_session_runs(session, SessionType.AGENT, headers=headers))
    assert [run.run_id for run in runs] == ids
    assert [run.status for run in runs] == ["COMPLETED", "COMPLETED", "ERROR"]
    assert [run.run_input for run in runs] == ["say: one", "call calculator 3*4", "fault status 400"]
    assert [run.content for run in runs[:2]] == ["one", "12"]
    assert runs[1].tools[0]["result"] == "12"
    assert runs[1].metrics["total_tokens"] == outputs[1].metrics.total_tokens
    assert "RunContent" not in {event["event"] for event in runs[1].events}
    failed = wait(client.get_session_runs(session, status=["error"], headers=headers))
    assert [run.run_id for run in failed] == ids[2:]
    for previews in (
        client.get_session_run_previews(session, SessionType.AGENT, headers=headers),
        wait(client.aget_session_run_previews(session, headers=headers)),
    ):
        assert [(preview.run_id, preview.run_input, preview.content_preview) for preview in previews[:2]] == [
            (ids[0], "say: one", "one"),
            (ids[1], "call calculator 3*4", "12"),
        ]
    one = wait(client.get_session_run(session, ids[1], headers=headers))
    assert (one.run_id, one.content) == (ids[1], "12")
    detail = wait(client.get_session(session, headers=headers))
    assert detail.session_name == "say: one"
    assert [message["content"] for message in detail.chat_history] == ["say: one", "one", "call calculator 3*4", "12"]
    assert detail.total_tokens == sum(output.metrics.total_tokens for output in outputs[:2])


def test_a_run_that_failed_is_continued(product: Product, stub: StubModel, client: AgentOSClient, wait: Wait) -> None:
    session = new_id("ses")
    stub.fail_next("status 400")
    failed = wait(client.run_agent("assistant", "say: at last", session_id=session, headers=product.headers))
    assert failed.status == RunStatus.error
    again = wait(client.continue_agent_run("assistant", failed.run_id, tools=[], session_id=session, headers=product.headers))
    assert (again.run_id, again.status, again.content) == (failed.run_id, RunStatus.completed, "at last")
    runs = wait(client.get_session_runs(session, headers=product.headers))
    assert [(run.run_id, run.status, run.content) for run in runs] == [(failed.run_id, "COMPLETED", "at last")]


def test_a_completed_run_is_followed_up_in_a_stream(product: Product, client: AgentOSClient, wait: Wait) -> None:
    session = new_id("ses")
    first = wait(client.run_agent("assistant", "say: one", session_id=session, headers=product.headers))
    stream = client.continue_agent_run_stream(
        "assistant", first.run_id, tools=[], session_id=session, input="history", headers=product.headers
    )
    events = wait(events_of(stream))
    assert events[-1].content == "1 | say: one"
    assert events[-1].run_id != first.run_id


def test_a_run_is_cancelled_and_its_words_stay(product: Product, stub: StubModel, client: AgentOSClient, wait: Wait) -> None:
    session = new_id("ses")

    async def cancel_at_the_third_word() -> list[RunOutputEvent]:
        seen: list[RunOutputEvent] = []
        async for event in client.run_agent_stream("assistant", "words", session_id=session, headers=product.headers):
            seen.append(event)
            if sum(isinstance(each, RunContentEvent) for each in seen) == 3 and isinstance(event, RunContentEvent) and event.run_id:
                await client.cancel_agent_run("assistant", event.run_id, headers=product.headers)
        return seen

    stub.script.delay = 0.05
    try:
        events = wait(cancel_at_the_third_word())
    finally:
        stub.script.delay = 0
    assert events[-1].event == "RunCancelled"
    words = "".join(event.content or "" for event in events if isinstance(event, RunContentEvent))
    run = wait(client.get_session_run(session, events[0].run_id, headers=product.headers))
    assert (run.status, run.content) == ("CANCELLED", words)
    wait(client.cancel_agent_run("assistant", new_id("run"), headers=product.headers))
