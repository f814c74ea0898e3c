"""The vLLM backend, as far as it goes without vLLM; tests/vllm runs it with a real one."""

from __future__ import annotations

import json
import sys

import pytest

from toolscale.models import ModelRequest, ModelSettings, ask_all
from toolscale.models.faults import BackendMissing
from toolscale.models.vllm_engine import tool_calls_in


def test_without_vllm_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    (error,) = ask_all(
        ModelSettings(model="any", backend="vllm"), [ModelRequest([{"role": "user", "content": "x"}], "draft")]
    )
    assert isinstance(error, BackendMissing)
    assert "pip install 'toolscale[vllm]'" in error.remedy


def test_tool_calls_are_read_out_of_the_text() -> None:
    text = (
        'I look.\n<tool_call>\n{"name": "look", "arguments": {"at": "é"}}\n</tool_call>\n<tool_call>{broken</tool_call>'
    )
    said, calls = tool_calls_in(text)
    assert said == "I look."
    assert [call["function"]["name"] for call in calls] == ["look", ""]
    assert json.loads(calls[0]["function"]["arguments"]) == {"at": "é"}
    assert calls[1]["function"]["arguments"] == "{broken"
    assert [call["id"] for call in calls] == ["call_1", "call_2"]


def test_a_text_without_calls_stays_as_it_is() -> None:
    assert tool_calls_in(" Hello. ") == (" Hello. ", ())
