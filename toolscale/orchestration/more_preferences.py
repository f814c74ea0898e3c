"""More wordings of the preferences, written by a model and kept only if they claim what their pair's weights claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from toolscale.models import ModelError, ModelRequest, ModelSettings, ask_all
from toolscale.models.prompts import prompt
from toolscale.orchestration.preferences import Pair, Preferences


def written(
    known: Preferences, settings: ModelSettings, wordings: int, *, tell: Callable[[str], None] | None = None
) -> Iterator[tuple[Pair, str, str | None]]:
    """Yield new wordings of each pair with what is wrong with them, None if nothing is.

    A wording is wrong if its words claim something else than the pair's weights, or if a pair has it already. Raises the
    ModelError that a request ends with.
    """
    taken = {text.casefold() for pair in known.pairs for text in pair.says}
    outcomes = ask_all(settings, [request_of(pair, wordings) for pair in known.pairs], tell=tell)
    for pair, outcome in zip(known.pairs, outcomes, strict=True):
        if isinstance(outcome, ModelError):
            raise outcome
        for text in (str(text).strip() for text in outcome.value["wordings"]):
            faults = known.faults(pair.model_copy(update={"says": [text]}))
            if text.casefold() in taken:
                faults = [f"{pair.id}: '{text}' is there already"]
            if not faults:
                taken.add(text.casefold())
            yield pair, text, faults[0] if faults else None


def request_of(pair: Pair, wordings: int) -> ModelRequest:
    """Return the request for so many wordings of a pair."""
    template = prompt("toolscale.orchestration", "wordings")
    text = template.render(claims=sorted(pair.claims), says=pair.says, wordings=wordings)
    return ModelRequest(
        [{"role": "user", "content": text}],
        "preferences",
        schema=_schema(wordings),
        schema_name="wordings",
        prompt=template.identity,
    )


def _schema(wordings: int) -> dict[str, Any]:
    text = {"type": "string", "minLength": 3, "maxLength": 200}
    return {
        "type": "object",
        "properties": {"wordings": {"type": "array", "items": text, "minItems": 1, "maxItems": wordings}},
        "required": ["wordings"],
        "additionalProperties": False,
    }
