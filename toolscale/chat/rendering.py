"""Rendering a conversation with the chat template, without a tokenizer at hand."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from toolscale.task import Message

TEMPLATE = (resources.files("toolscale") / "chat" / "template.jinja").read_text(encoding="utf-8")
MARKERS = ("<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<tools>", "</tools>")


class _Generation(Extension):
    """The tag `{% generation %}`, which tokenizers use to tell what the assistant generates; as text it adds nothing."""

    tags = {"generation"}  # noqa: RUF012 (as the class above has it)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


@functools.cache
def _template() -> jinja2.Template:
    # the settings with which tokenizers of the transformers library compile chat templates
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation])
    environment.filters["tojson"] = functools.partial(json.dumps, ensure_ascii=False)
    return environment.from_string(TEMPLATE)


def render(messages: Sequence[Message], tools: Sequence[dict[str, Any]], *, add_generation_prompt: bool = False) -> str:
    """Return the conversation as the one text that a model is trained on. Raises jinja2.TemplateError."""
    return _template().render(messages=messages, tools=tools, add_generation_prompt=add_generation_prompt)
