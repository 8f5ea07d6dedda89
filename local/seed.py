"""The sample workspace: an owner, an API key and one agent, and `dev.json`, which tells them to whoever runs the laptop."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from shared.agents.models import Agent
from shared.agents.store import AgentStore
from shared.kit.documents import Documents
from shared.kit.errors import AlreadyExists
from shared.kit.ids import new_id
from shared.workspaces.keys import new_key, parse_key
from shared.workspaces.models import ApiKey, Workspace
from shared.workspaces.passwords import hash_password
from shared.workspaces.scopes import SCOPES
from shared.workspaces.store import Directory

LOCAL_MODEL = "local:qwen2.5-coder-1.5b"
OPENAI_MODEL = "openai:gpt-4.1-mini"


@dataclass(frozen=True, slots=True)
class Development:
    """What dev.json holds; readable by its owner only."""

    url: str
    api_key: str
    email: str
    password: str
    workspace: str
    user: str


def development(home: Path, url: str) -> Development:
    """The laptop's credentials: those of dev.json, or new ones. Writes the file with mode 0600."""
    file = home / "dev.json"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists():
        known = orjson.loads(file.read_bytes())
        made = Development(**{**known, "url": url})
    else:
        made = Development(
            url=url,
            api_key=new_key("dev").text,
            email="owner@example.com",
            password=secrets.token_urlsafe(12),
            workspace=new_id("wsp"),
            user=new_id("usr"),
        )
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2) + b"\n")
    draft.replace(file)
    return made


def seed(directory: Directory, workspace: Documents, made: Development, model: str) -> None:
    """Enter what dev.json names into a store that may know it already: an emulator forgets, a file does not."""
    key_id, digest = parse_key(made.api_key)
    key = ApiKey(key_id, made.workspace, made.user, "dev.json", digest, SCOPES)
    agent = sample_agent(model)
    store = AgentStore(workspace)
    steps: tuple[Callable[[], None], ...] = (
        lambda: directory.add_workspace(Workspace(made.workspace, "Sample workspace")),
        lambda: directory.add_user(made.user, made.email, hash_password(made.password), "Owner"),
        lambda: directory.add_member(made.workspace, made.user),
        lambda: directory.add_key(key),
        lambda: store.add(agent),
    )
    for enter in steps:
        with suppress(AlreadyExists):
            enter()
    if store.get(agent.id).model != model:
        store.set_model(agent.id, model)


def sample_agent(model: str) -> Agent:
    """The agent that everybody meets first. Its instructions are short and constant: a local model reads them anew for each prompt."""
    return Agent(
        id="assistant",
        name="Assistant",
        description="A helpful assistant that can calculate and tell the time.",
        instructions=(
            "You are Assistant, a helpful assistant on Reggie AgentOS. Answer briefly and truthfully. "
            "Use the calculator for arithmetic and current_time for the date or time; do not guess either."
        ),
        model=model,
        tools=("calculator", "current_time"),
        starter_prompts=("What can you do?", "What is 17 * 6 + 5?", "What time is it in Oslo?"),
    )


def model_of(environment: dict[str, str]) -> str:
    """The sample agent's model: OpenAI's, or a compatible server's, when the environment names one; else the local model server's."""
    chosen = environment.get("REGGIE_MODEL", "")
    if chosen:
        return chosen
    return OPENAI_MODEL if environment.get("OPENAI_API_KEY") or environment.get("OPENAI_BASE_URL") else LOCAL_MODEL
