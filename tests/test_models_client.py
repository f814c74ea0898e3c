"""The model client against an endpoint that fails on demand."""

from __future__ import annotations

from tests.endpoint import Reply, scripted_endpoint
from toolscale.models import ModelAnswer, ModelRequest, ModelSettings, ask_all

NUMBER = {
    "type": "object",
    "properties": {"number": {"type": "integer"}},
    "required": ["number"],
    "additionalProperties": False,
}


def asks(text: str, **fields: object) -> ModelRequest:
    return ModelRequest([{"role": "user", "content": text}], "draft", **fields)  # type: ignore[arg-type]


def test_answers_come_in_the_order_of_the_requests() -> None:
    with scripted_endpoint(lambda body, number: Reply(body["messages"][-1]["content"].upper())) as endpoint:
        settings = ModelSettings(model="scripted", base_url=endpoint.base_url)
        answers = ask_all(settings, [asks(f"request {number}") for number in range(20)])
    assert [answer.text for answer in answers if isinstance(answer, ModelAnswer)] == [f"REQUEST {n}" for n in range(20)]
