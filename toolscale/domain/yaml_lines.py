"""YAML that remembers where each value stood, so that an error can name its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from toolscale.errors import DomainError, Place

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its value and the 1-based line of each path in it."""

    file: str
    value: Any
    lines: dict[Path, int]

    def place(self, path: Path) -> Place:
        """Return the place of `path`, or of its nearest ancestor that has one."""
        shown = ".".join(str(part) for part in path) or None
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 1), shown)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML 1.2's plain scalars: 12:30 and 2025-06-16 and no are text, whatever YAML 1.1 made of them."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)

_MOST_NODES = 200_000


def read(text: str, file: str) -> Document:
    """Parse one YAML document. Raises DomainError with file and line for what is not YAML or has a key twice."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise DomainError("the file is empty", remedy="See docs/domain-format.md.", place=Place(file, 1))
        lines: dict[Path, int] = {}
        _walk(node, (), lines, file)
        return Document(file, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise DomainError(
            f"not YAML: {error.problem or error.context}",
            remedy="A text with ': ' or ' #' in it needs quotes; indent with spaces.",
            place=Place(file, line),
        ) from None
    except yaml.YAMLError as error:
        raise DomainError(f"not YAML: {error}", place=Place(file)) from None
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > _MOST_NODES:
        raise DomainError(f"more than {_MOST_NODES} values", remedy="Do aliases multiply?", place=Place(file))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in lines:
                raise DomainError(
                    f"the key '{key.value}' stands twice, first in line {lines[inner]}",
                    remedy="Keep one of the two.",
                    place=Place(file, key.start_mark.line + 1),
                )
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), lines, file)
