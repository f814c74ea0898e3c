"""The funnel of a model's work as Markdown, with the dollars that its tokens cost at list price."""

from __future__ import annotations

from collections.abc import Mapping

from toolscale.models.prices import price, provider_at
from toolscale.models.settings import ModelSettings

Counts = Mapping[str, Mapping[str, int]]
_STEPS = (
    "drafted", "accepted at once", "accepted after repair", "evolved", "kept as drafted", "rewritten", "kept words", "accepted"
)  # fmt: skip


def as_markdown(funnel: Counts, settings: ModelSettings) -> str:
    """Return the funnel of a build: the steps, the faults by kind, answers and tokens and dollars by stage."""
    steps = [f"{name} {funnel['steps'][name]}" for name in _STEPS if funnel["steps"].get(name)]
    faults = [f"{name} {count}" for name, count in funnel["faults"].items()]
    lines = [
        f"{settings.model}: {', '.join(steps) or 'nothing was asked'}. Faults: {', '.join(faults) or 'none'}.",
        "",
        "| stage | answers | tokens in | tokens out | dollars |",
        "|---|---|---|---|---|",
    ]
    for stage, answers in funnel["answers"].items():
        tokens_in, tokens_out = funnel["tokens_in"][stage], funnel["tokens_out"][stage]
        dollars = _dollars(settings, tokens_in, tokens_out)
        lines.append(f"| {stage} | {answers:,} | {tokens_in:,} | {tokens_out:,} | {dollars} |")
    return "\n".join(lines)


def _dollars(settings: ModelSettings, tokens_in: int, tokens_out: int) -> str:
    """Return what tokens cost at list price, whether they were paid for now or came from the cache."""
    if settings.price is not None:
        return f"{(tokens_in * settings.price[0] + tokens_out * settings.price[1]) / 1e6:.4f}"
    listed = price(settings.model, settings.provider or provider_at(settings.base_url))
    return "?" if listed is None else f"{listed.dollars(tokens_in, tokens_out):.4f}"
