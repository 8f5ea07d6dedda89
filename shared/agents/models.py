"""An agent as data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How the model is asked. None leaves the provider's default."""

    temperature: float | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything that a turn needs to know of an agent. `model` is `provider:model`; tools are named as in tools.py."""

    id: str
    name: str
    description: str
    instructions: str
    model: str
    tools: tuple[str, ...] = ()
    settings: ModelSettings = field(default_factory=ModelSettings)
    version: int = 1
    starter_prompts: tuple[str, ...] = ()

    @property
    def provider(self) -> str:
        return self.model.partition(":")[0]

    @property
    def model_name(self) -> str:
        return self.model.partition(":")[2]
