"""Experts that are models behind an OpenAI-compatible endpoint: real tokens and seconds, at the prices of the task."""

from __future__ import annotations

from collections.abc import Mapping

from toolscale.models import Ledger, ModelError, ModelRequest, ModelSettings, ask_all
from toolscale.models.prompts import prompt
from toolscale.orchestration.account import Usage
from toolscale.orchestration.experts import Consultation, ExpertAnswer
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.orchestration.presentation import tool_schemas


class ModelExperts:
    """Asks the models of one endpoint. Dollars in an episode's account follow the task's prices, those in `ledger` what was paid.

    `models` gives an expert's name at the endpoint where that is another one. Each question is a request of its own in an event
    loop of its own: a driver that has a loop runs the episode in a thread.
    """

    def __init__(
        self, settings: ModelSettings, *, models: Mapping[str, str] | None = None, ledger: Ledger | None = None
    ) -> None:
        self.ledger = ledger if ledger is not None else Ledger(settings.budget_usd)
        self._settings = settings
        self._models = models or {}

    def answer(self, consultation: Consultation) -> ExpertAnswer:
        """Return the model's answer. Raises the ModelError that the client ends with."""
        name = consultation.expert.name
        settings = self._settings.model_copy(update={"model": self._models.get(name, name)})
        (outcome,) = ask_all(settings, [request_of(consultation)], ledger=self.ledger)
        if isinstance(outcome, ModelError):
            raise outcome
        return ExpertAnswer(outcome.text, Usage(outcome.tokens_in, outcome.tokens_out, seconds=outcome.seconds))


def request_of(consultation: Consultation) -> ModelRequest:
    """Return what an expert is sent: the conversation, the agent's tools without the one that asks, and the question."""
    template = prompt("toolscale.orchestration", "advise")
    policy, *messages = consultation.messages
    tools = [
        schema
        for schema in tool_schemas(consultation.task, consultation.environment)
        if schema["function"]["name"] != ASK_EXPERT
    ]
    text = template.render(
        policy=policy["content"],
        tools=tools,
        messages=[{"tool_calls": (), "name": "", **message} for message in messages],
        question=consultation.question,
    )
    return ModelRequest([{"role": "user", "content": text}], "expert", temperature=0.0, prompt=template.identity)
