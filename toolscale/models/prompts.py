"""Prompts: templates in files beside the code that uses them, versioned by their text.

A template begins with a comment that says what it gets and what the model must give; a value that is not given is an error.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from importlib import resources

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from toolscale.canonical import canonical_json

_COMMENT = re.compile(r"\A\{#.*?#\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One template. `identity` is name@digest: it goes into the cache key, so that a changed prompt is asked anew."""

    name: str
    identity: str
    _template: jinja2.Template

    def render(self, **values: object) -> str:
        """Return the text with the values filled in. Raises jinja2.UndefinedError for a value that is not given."""
        return self._template.render(**values).strip()


@functools.cache
def prompt(package: str, name: str) -> Prompt:
    """Return the prompt `prompts/<name>.jinja` of a package such as "toolscale.models"."""
    text = (resources.files(package) / "prompts" / f"{name}.jinja").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Prompt(name, f"{name}@{digest}", _environment().from_string(_COMMENT.sub("", text)))


@functools.cache
def _environment() -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["json"] = canonical_json
    return environment
