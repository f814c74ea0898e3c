"""What a model is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolscale.task import Message


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model. All of it but `stage` is part of the cache key.

    A schema and the tools' schemas must not be changed after they were given: they are compiled once.
    """

    messages: Sequence[Message]
    """The conversation so far, in OpenAI's format."""
    stage: str
    """What the answer is for (draft, repair, evolve, rewrite, user, teach, expert, domain ...): for the accounts only."""
    schema: dict[str, Any] | None = None
    """The JSON Schema that the answer must satisfy; None for free text."""
    schema_name: str = "answer"
    """What the endpoint calls the schema: letters, digits, - and _, at most 64."""
    tools: Sequence[dict[str, Any]] = ()
    """Tools in OpenAI's function-calling format."""
    temperature: float | None = None
    """None: the settings' temperature."""
    max_tokens: int | None = None
    """Tokens that the answer may have; None: the settings' number."""
    seed: int | None = None
    """What the endpoint's sampling starts from; moved on by `attempt`."""
    prompt: str = ""
    """`Prompt.identity` of the template (name@digest) that wrote the messages."""
    attempt: int = 0
    """Which of several attempts at the same prompt this is: attempts are cached apart."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """One answer, checked. Tokens, dollars and seconds include the repairs that led to it."""

    text: str
    value: Any = None
    """The parsed JSON that satisfies the request's schema; None if there was no schema."""
    tool_calls: tuple[dict[str, Any], ...] = ()
    """In OpenAI's format; `arguments` is the text that the model wrote, which need not be JSON."""
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float = 0.0
    """What was paid now: 0 for what came from the cache."""
    seconds: float = 0.0
    """From sending to the last byte, without waiting for a turn; as it was when it was paid for."""
    cached: bool = False
    """Whether nothing was paid now."""
    finish: str = "stop"
    """The endpoint's reason for ending: stop, tool_calls ..."""
    repairs: int = 0
    """Malformed answers that came before this one."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a backend is sent for one exchange: the messages with all that the client has added."""

    messages: Sequence[Message]
    schema: dict[str, Any] | None
    """The schema to decode by; None if there is none or the backend can't."""
    schema_name: str
    strict: bool
    """Whether the schema keeps to what strict decoding demands."""
    tools: Sequence[dict[str, Any]]
    temperature: float
    max_tokens: int
    seed: int | None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a backend gave in one exchange, unchecked: this is what the cache keeps."""

    text: str
    refusal: str
    tool_calls: tuple[dict[str, Any], ...]
    finish: str
    tokens_in: int
    tokens_out: int
    counted: bool
    """Whether the endpoint counted the tokens; else they are estimated from the characters."""
    seconds: float
