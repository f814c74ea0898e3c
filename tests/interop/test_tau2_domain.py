"""tau2's own evaluator against our scorer: on references, on nothing done, on mutants. Runs where tau2-bench is installed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

pytest.importorskip(
    "tau2.evaluator.evaluator",
    reason="tau2-bench is not on PyPI (there, tau2 is something else): docs/formats.md",
    exc_type=ImportError,
)

from tau2.data_model.message import AssistantMessage, ToolCall, ToolMessage, UserMessage
from tau2.data_model.simulation import SimulationRun, TerminationReason
from tau2.evaluator.evaluator import EvaluationType, evaluate_simulation
from tau2.registry import registry

import toolscale
from toolscale.domain import load
from toolscale.flows.units import build_unit, part_folder
from toolscale.formats import tau2_files
from toolscale.formats.tau2_domain import register
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.scoring.score import score_trajectory, tool_calls
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.synthesis.plan import BuildConfiguration, units
from toolscale.task import Message, Task
from toolscale.validators.mutants import mutants_of
from toolscale.validators.variants import outcomes

DOMAINS = tuple(sorted(folder.name for folder in (Path(toolscale.__file__).parent / "domains").iterdir()))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Two tasks of each of the ten domains."""
    configuration = BuildConfiguration(domains=DOMAINS, tasks=2, seed=5, tasks_per_database=2)
    work = tmp_path_factory.mktemp("shipped")
    planned = units(configuration)
    for unit in planned:
        build_unit(unit, work / "parts")
    folders = [part_folder(unit, load(unit.domain).fingerprint, work / "parts") for unit in planned]
    assemble(configuration, folders, work / "whole")
    out = work / "tau2"
    [*_] = tau2_files.write(Build(work / "whole"), str(work / "whole"), out)
    for name in DOMAINS:
        register(out / name, name=f"toolscale_{name}")
    return Build(work / "whole")


def _in_tau2(messages: list[Message], answers: list[str]) -> list[object]:
    """The conversation in tau2's classes; each call is followed by its answer."""
    told: list[object] = []
    results = iter(answers)
    for message in messages:
        if message["role"] == "user":
            told.append(UserMessage(role="user", content=message["content"]))
        elif message["role"] == "assistant":
            calls = [
                ToolCall(id=f"{len(told)}-{number}", name=name, arguments=arguments)
                for number, (name, arguments) in enumerate(tool_calls([message]))
            ]
            told.append(
                AssistantMessage(role="assistant", content=message.get("content") or None, tool_calls=calls or None)
            )
            told.extend(
                ToolMessage(id=call.id, role="tool", content=next(results), requestor="assistant") for call in calls
            )
    return told


def _reward(domain: str, task_id: str, messages: list[object]) -> float:
    task = next(task for task in registry.get_tasks_loader(f"toolscale_{domain}")() if task.id == task_id)
    run = SimulationRun(
        id="1", task_id=task_id, timestamp="", start_time="", end_time="", duration=0.0,
        termination_reason=TerminationReason.USER_STOP, messages=messages,
    )  # fmt: skip
    return float(
        evaluate_simulation(run, task, EvaluationType.ALL, solo_mode=False, domain=f"toolscale_{domain}").reward
    )


def _tasks(build: Build, domain: str) -> list[Task]:
    found = [task for task in build.tasks() if task.domain == domain]
    assert found
    return found


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_reference_scores_one_in_tau2_as_here(shipped: Build, domain: str) -> None:
    for task in _tasks(shipped, domain):
        messages = [*shipped.trajectory(task.id).messages]
        answers = [message["content"] for message in messages if message["role"] == "tool"]
        ours = score_trajectory(task, shipped.environment_for(task), messages).value
        assert (ours, _reward(domain, task.id, _in_tau2(messages, answers))) == (1, 1.0)


@pytest.mark.parametrize("domain", DOMAINS)
def test_doing_nothing_scores_zero_in_tau2_as_here(shipped: Build, domain: str) -> None:
    for task in _tasks(shipped, domain):
        messages: list[Message] = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Goodbye."}]
        assert score_trajectory(task, shipped.environment_for(task), messages).value == 0
        assert _reward(domain, task.id, _in_tau2(messages, [])) == 0.0


@pytest.mark.parametrize("domain", DOMAINS)
def test_ten_mutants_score_the_same_in_tau2_as_here(shipped: Build, domain: str) -> None:
    task = max(_tasks(shipped, domain), key=lambda task: task.difficulty.calls)
    environment = shipped.environment_for(task)
    mutants = mutants_of(task, shipped.trajectory(task.id), environment)
    spread = mutants[:: max(1, len(mutants) // 16)]  # some changes turn out to be none when they are played
    seen = 0
    for mutant, outcome in itertools.islice(outcomes(task, environment, spread), 10):
        told = _in_tau2(outcome.messages(), [record.result for record in outcome.records])
        assert _reward(domain, task.id, told) == float(outcome.solves), mutant.kind
        seen += 1
    assert seen == 10


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_agent_is_shown_the_rows_schemas_and_the_policy(shipped: Build, domain: str) -> None:
    task = _tasks(shipped, domain)[0]
    environment = registry.get_env_constructor(f"toolscale_{domain}")()
    shown = {tool.name: tool.openai_schema for tool in environment.get_tools()}
    offered = json.loads(shipped.row("trajectories", "task_id", task.id)["tools"])
    for schema in offered:
        if schema["function"]["name"] != ASK_EXPERT:
            assert shown[schema["function"]["name"]] == schema
    assert environment.get_policy().strip() == shipped.environment_for(task).system_prompt.strip()
