"""The library's own phrases: what users of each register and the agent say around the matter itself."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from toolscale.randomness import draw
from toolscale.synthesis.templates import Templates


@dataclass(frozen=True, slots=True)
class Persona:
    """A way of being a caller: a description for people and models, a register for phrases."""

    id: str
    description: str
    register: str


@dataclass(frozen=True)
class Phrases:
    """Phrases by slot; `choose` draws one by key and fills it in."""

    slots: dict[str, list[str]]
    templates: Templates

    def choose(self, slot: str, *key: Any, **values: Any) -> str:
        """Return one filled-in phrase of the slot, drawn by the key. Raises KeyError for an unknown slot."""
        return self.templates.text(draw(self.slots[slot], "phrase", slot, *key), values).strip()


@functools.cache
def user_phrases(register: str) -> Phrases:
    """Return the phrases of users who speak in this register."""
    return Phrases({slot: texts[register] for slot, texts in _file()["user"].items()}, Templates())


@functools.cache
def agent_phrases() -> Phrases:
    """Return the agent's phrases."""
    return Phrases(_file()["agent"], Templates())


@functools.cache
def personas() -> tuple[Persona, ...]:
    """Return the personas of data/personas.yaml."""
    text = (resources.files("toolscale") / "data" / "personas.yaml").read_text(encoding="utf-8")
    return tuple(Persona(**item) for item in yaml.safe_load(text))


@functools.cache
def _file() -> dict[str, Any]:
    text = (resources.files("toolscale.synthesis") / "phrases.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
