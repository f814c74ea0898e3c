"""The report of a domain that a model wrote: how each step went, and what was wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_markdown(state: Mapping[str, Any]) -> str:
    """Return the report of a state of writing, given as JSON values."""
    verdict = "It keeps every rule of `toolscale check`." if state["passed"] else "It does not keep every rule yet."
    lines = [
        f"# {state['name']}",
        "",
        f"Written by {state['model']} from the brief: {state['brief']}",
        "",
        verdict,
        "",
        "| step | answers | tokens in | tokens out | accepted |",
        "|---|---|---|---|---|",
    ]
    for step in state["steps"].values():
        accepted = "yes" if step["accepted"] else "no"
        lines.append(
            f"| {step['step']} | {step['answers']} | {step['tokens_in']:,} | {step['tokens_out']:,} | {accepted} |"
        )
    mended = [
        f"- {step['step']}, answer {number}: {fault['rule']}, {fault['place']}: {fault['cause']}"
        for step in state["steps"].values()
        for number, faults in enumerate(step["faults"], 1)
        for fault in faults
    ]
    if mended:
        lines += ["", "What was sent back:", "", *mended]
    return "\n".join(lines) + "\n"
