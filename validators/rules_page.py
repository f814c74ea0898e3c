"""The page of all rules, docs/rules.md: written from the rules' docstrings, so that it says what `check --explain` says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolscale.validators.registry import Rule, rules

_PARTS = ("Why", "Fails", "Passes")
_PART = re.compile(rf"(?:^|(?<=\s))({'|'.join(_PARTS)}):\s+")
_OPENING = """\
# Rules

`toolscale rules --write docs/rules.md` writes this page from the rules' docstrings; `toolscale check --explain CODE` prints one.

Codes are stable: a code that a rule once had is never given to another. TS1xx judge a domain folder (`toolscale check`), TS2xx a
task, when it is built and again from its row (`toolscale validate`).
"""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule's docstring in its parts: what is checked, why, what fails, what passes."""

    what: str
    why: str
    fails: str
    passes: str


def explanation(rule: Rule) -> Explanation:
    """Return the parts of a rule's docstring. Raises ValueError if one is missing."""
    what, *rest = _PART.split(rule.explanation)
    parts = dict(zip(rest[::2], (text.strip() for text in rest[1::2]), strict=True))
    missing = [name for name in _PARTS if not parts.get(name)]
    if missing or not what.strip():
        raise ValueError(f"the docstring of {rule.code} {rule.name} has no part '{(missing or ['what'])[0]}:'")
    return Explanation(what.strip(), *(parts[name] for name in _PARTS))


def page() -> str:
    """Return the text of docs/rules.md."""
    every = rules()
    lines = [_OPENING, "| code | name | judges a | what is checked |", "|---|---|---|---|"]
    lines += [f"| [{r.code}](#{_anchor(r)}) | {r.name} | {r.scope} | {_safe(r.title, in_table=True)} |" for r in every]
    for scope, members in itertools.groupby(every, key=lambda rule: rule.scope):
        lines += ["", f"## What a {scope} must keep"]
        for rule in members:
            lines += ["", *_section(rule)]
    return "\n".join(lines) + "\n"


def is_stale(path: Path) -> bool:
    """Tell whether the file is missing or says something else than the rules."""
    return not path.is_file() or path.read_text(encoding="utf-8") != page()


def _section(rule: Rule) -> Sequence[str]:
    parts = explanation(rule)
    return [
        f"### {rule.code} {rule.name}",
        "",
        _safe(parts.what),
        "",
        f"**Why:** {_safe(parts.why)}",
        "",
        f"- **Fails:** {_safe(_flowing(parts.fails))}",
        f"- **Passes:** {_safe(_flowing(parts.passes))}",
    ]


def _anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _safe(text: str, *, in_table: bool = False) -> str:
    """Escape what Markdown would take for markup, outside of code."""
    pieces = re.split(r"(`[^`]*`)", text)
    plain = [re.sub(r"([<*|]|\[(?=[^\]]*\]\())", r"\\\1", piece) for piece in pieces[::2]]
    code = [piece.replace("|", r"\|") if in_table else piece for piece in pieces[1::2]]
    return "".join(part for pair in itertools.zip_longest(plain, code, fillvalue="") for part in pair)
