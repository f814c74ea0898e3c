"""The tools that every domain has: `calculate` and `escalate_to_human`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from toolscale.domain.format import RuleFormat, ToolFormat
from toolscale.environment.calculation import CalculationError, calculate
from toolscale.environment.tools import CallRefused

CALCULATE = "calculate"
ESCALATE = "escalate_to_human"
OTHER_REASON = "other"

CALCULATE_FORMAT = ToolFormat(
    description="Evaluate an arithmetic expression exactly: + - * / // % ** and parentheses; min, max, sum, avg, abs, "
    "round(x, digits), floor, ceil; days_between('2025-01-01', '2025-02-01').",
    parameters={
        "expression": {"type": "string", "minLength": 1, "maxLength": 500, "description": "Such as (120.50 + 3) * 2."}
    },
    result="SELECT NULL",
)


def escalate_format(policy: Sequence[RuleFormat]) -> ToolFormat:
    """Return `escalate_to_human`, whose reasons are the policy's rules that send a caller to a human."""
    reasons = [rule.id for rule in policy if rule.escalate]
    return ToolFormat(
        description="Hand the caller over to a human colleague, where the policy says so.",
        parameters={
            "reason": {
                "type": "string",
                "enum": [*reasons, OTHER_REASON],
                "description": "The id of the policy rule that sends the caller to a human, or other.",
            },
            "summary": {
                "type": "string",
                "maxLength": 1000,
                "free_text": True,
                "description": "What the colleague needs to know.",
            },
        },
        ids={"escalation_id": "ESC"},
        effect="INSERT INTO escalations VALUES (:escalation_id, :reason, :summary, now())",
        result="SELECT json_object('escalation_id', :escalation_id, 'status', 'handed over')",
        summary="hand you over to a colleague",
    )


def computed(values: dict[str, Any]) -> str:
    """Return the value of `calculate`'s expression as JSON. Raises CallRefused where it does not parse."""
    try:
        return json.dumps(calculate(values["expression"]))
    except CalculationError as error:
        raise CallRefused(f"The expression can't be evaluated: {error}") from None
