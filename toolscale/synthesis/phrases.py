"""The library's own phrases: what users of each register and the agent say around the matter itself."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from toolscale.randomness import draw
from toolscale.synthesis.templates import Templates

_AGE_OR_SEX = re.compile(
    r"\b(?:s?he|him|hers?|his|(?:him|her)self|(?:gentle|sales|business)?m[ae]n|\w*wom[ae]n|lad(?:y|ies)|girls?|boys?|(?:fe)?males?|"
    r"(?:grand)?(?:mother|father|son|daughter)s?|wi(?:fe|ves)|husbands?|widow(?:er)?s?|sisters?|brothers?|aunts?|uncles?|mums?|dads?|"
    r"young(?:er|ish)?|old(?:er|ish)?|elderly|aged|ageing|middle-aged|retire[des]+|retirement|pensioners?|teen(?:age(?:rs?|d)?|s)?|"
    r"adolescents?|child(?:ren)?|kids?|(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ies|een)(?:-\w+)?|\d+)\b",
    re.IGNORECASE,
)


def age_or_sex_in(persona: str) -> str | None:
    """Return the first word by which a persona states an age or a sex, None if it leaves both to the caller's records."""
    found = _AGE_OR_SEX.search(persona)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Persona:
    """A way of being a caller: a description for people and models, a register for phrases.

    It states neither age nor sex, which the caller's name and records may say.
    """

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
