"""What a client may ask: OpenAI's chat and embedding requests (https://platform.openai.com/docs/api-reference/chat), checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.kit.errors import Invalid

T = TypeVar("T", bound=BaseModel)

BLIND = "[An image was attached here. This model cannot see images.]"
DEAF = "[A recording was attached here. This model cannot hear recordings.]"
FILELESS = "[A file was attached here. This model cannot open files.]"
_INSTEAD_OF = {"image_url": BLIND, "input_image": BLIND, "input_audio": DEAF, "file": FILELESS, "input_file": FILELESS}


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; `arguments` is a JSON object as text."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: `system` also stands for OpenAI's `developer`."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[Call, ...] = ()
    call_id: str = ""
    """Of a tool's turn: the call that it answers."""


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool that may be called; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for an answer. `schema` is a JSON schema that the whole answer must follow."""

    turns: tuple[Turn, ...]
    tools: tuple[ToolOffer, ...] = ()
    tool_choice: Literal["auto", "none", "required"] = "auto"
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    stream: bool = False
    include_usage: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    texts: tuple[str, ...]
    base64: bool
    dimensions: int | None


class _Open(BaseModel):
    """What this server does not know it leaves aside, as OpenAI-compatible servers do."""

    model_config = ConfigDict(extra="ignore")


class _Function(_Open):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = ""
    parameters: dict[str, Any] | None = None


class _Tool(_Open):
    type: Literal["function"]
    function: _Function


class _CalledFunction(_Open):
    name: str
    arguments: str = "{}"


class _Called(_Open):
    id: str = ""
    function: _CalledFunction


class _Part(_Open):
    type: str
    text: str = ""


class _Message(_Open):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Called] | None = None
    tool_call_id: str | None = None


class _StreamOptions(_Open):
    include_usage: bool = False


class _ChosenFunction(_Open):
    name: str


class _Chosen(_Open):
    type: Literal["function"]
    function: _ChosenFunction


class _JsonSchema(_Open):
    schema_: dict[str, Any] = Field(default_factory=lambda: {"type": "object"}, alias="schema")


class _ResponseFormat(_Open):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _JsonSchema = Field(default_factory=_JsonSchema)


class _Chat(_Open):
    messages: list[_Message] = Field(min_length=1, max_length=2000)
    stream: bool = False
    stream_options: _StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    tools: Annotated[list[_Tool], Field(max_length=64)] | None = None
    tool_choice: Literal["auto", "none", "required"] | _Chosen | None = None
    response_format: _ResponseFormat | None = None
    n: Literal[1] | None = None


class _Embeddings(_Open):
    input: str | Annotated[list[str], Field(min_length=1, max_length=512)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None


def read_chat(body: bytes) -> ChatRequest:
    """Raises Invalid with a sentence that names what to change."""
    chat = _parse(_Chat, body)
    tools = [ToolOffer(t.function.name, t.function.description, t.function.parameters or {"type": "object"}) for t in chat.tools or ()]
    choice = chat.tool_choice or "auto"
    if isinstance(choice, _Chosen):
        wanted = choice.function.name
        tools = [tool for tool in tools if tool.name == wanted]
        if not tools:
            raise Invalid(f"tool_choice names {wanted!r}, which is not among tools.")
        choice = "required"
    if choice == "required" and not tools:
        raise Invalid("tool_choice asks for a call, but tools is empty.")
    form = chat.response_format
    schema = None if form is None or form.type == "text" else form.json_schema.schema_
    stop = (chat.stop,) if isinstance(chat.stop, str) else tuple(chat.stop or ())
    return ChatRequest(
        turns=tuple(_turn(message) for message in chat.messages),
        tools=tuple(tools),
        tool_choice=choice,
        temperature=chat.temperature,
        top_p=chat.top_p,
        seed=chat.seed,
        max_tokens=chat.max_completion_tokens or chat.max_tokens,
        stop=tuple(text for text in stop if text),
        schema=schema,
        stream=chat.stream,
        include_usage=bool(chat.stream_options and chat.stream_options.include_usage),
    )


def read_embeddings(body: bytes) -> EmbeddingRequest:
    """Raises Invalid with a sentence that names what to change."""
    asked = _parse(_Embeddings, body)
    texts = (asked.input,) if isinstance(asked.input, str) else tuple(asked.input)
    return EmbeddingRequest(texts, asked.encoding_format == "base64", asked.dimensions)


def _turn(message: _Message) -> Turn:
    if isinstance(message.content, list):
        text = "\n".join(_INSTEAD_OF.get(part.type, part.text) for part in message.content)
    else:
        text = message.content or ""
    calls = tuple(Call(call.function.name, call.function.arguments, call.id) for call in message.tool_calls or ())
    return Turn("system" if message.role == "developer" else message.role, text, calls, message.tool_call_id or "")


def _parse(kind: type[T], body: bytes) -> T:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Invalid(f"{place}: {first['msg']}." if place else f"The body must be a JSON object: {first['msg']}.") from error
