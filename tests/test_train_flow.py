"""The train flow before it begins: its stages follow from the settings, which are all checked first."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from toolscale.errors import ToolscaleError
from toolscale.flows.train import Training, stages


def test_without_its_extra_training_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ToolscaleError, match=r"pip install 'toolscale\[train\]'"):
        stages("org/name", "v1.0.0", tmp_path, Training())


def test_each_stage_starts_from_the_model_of_the_one_before(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra train is not installed")
    planned = stages("org/name", "v1.0.0", tmp_path, Training(rl={"steps": 3}))
    assert planned.tiny is not None
    assert planned.sft is not None
    assert planned.rl is not None
    assert planned.sft.model == str(planned.tiny.out)
    assert planned.rl.model == str(planned.sft.out)
    assert planned.evaluate.model == str(planned.rl.out)
    assert {planned.tiny.build, planned.sft.build, planned.rl.build, planned.evaluate.build} == {"org/name"}
    assert planned.evaluate.revision == "v1.0.0"


def test_a_given_model_is_not_made_and_a_stage_may_be_left_out(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra train is not installed")
    planned = stages("org/name", None, tmp_path, Training(model="org/model", sft=None))
    assert planned.tiny is planned.sft is planned.rl is None
    assert planned.evaluate.model == "org/model"


def test_a_wrong_setting_of_a_later_stage_stops_before_the_first(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra train is not installed")
    with pytest.raises(ToolscaleError, match="EvaluationConfiguration: attempts"):
        stages("org/name", None, tmp_path, Training(evaluate={"attempts": 0}))
