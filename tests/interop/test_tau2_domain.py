"""tau2's own evaluator against our scorer: on references, on nothing done, on mutants. Runs where tau2-bench is installed."""

from __future__ import annotations

import json

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

from toolscale.formats import tau2_files
from toolscale.formats.tau2_domain import register
from toolscale.scoring.score import score_trajectory, tool_calls
from toolscale.shards.build import Build
from toolscale.task import Message
from toolscale.validators.mutants import mutants_of
from toolscale.validators.variants import outcomes


@pytest.fixture(scope="session")
def domain(built: Build, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("tau2")
    [*_] = tau2_files.write(built, str(built.folder), out)
    return register(out / "library", name="toolscale_library")


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
    task = next(task for task in registry.get_tasks_loader(domain)() if task.id == task_id)
    run = SimulationRun(
        id="1", task_id=task_id, timestamp="", start_time="", end_time="", duration=0.0,
        termination_reason=TerminationReason.USER_STOP, messages=messages,
    )  # fmt: skip
    return float(evaluate_simulation(run, task, EvaluationType.ALL, solo_mode=False, domain=domain).reward)


def test_the_reference_scores_one_in_tau2_as_here(built: Build, domain: str) -> None:
    for task in [*built.tasks()][:10]:
        messages = [*built.trajectory(task.id).messages]
        answers = [message["content"] for message in messages if message["role"] == "tool"]
        ours = score_trajectory(task, built.environment_for(task), messages).value
        assert (ours, _reward(domain, task.id, _in_tau2(messages, answers))) == (1, 1.0)


def test_doing_nothing_scores_zero_in_tau2_as_here(built: Build, domain: str) -> None:
    for task in built.tasks():
        messages: list[Message] = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Goodbye."}]
        assert score_trajectory(task, built.environment_for(task), messages).value == 0
        assert _reward(domain, task.id, _in_tau2(messages, [])) == 0.0


def test_mutants_score_the_same_in_tau2_as_here(built: Build, domain: str) -> None:
    seen = 0
    for task in [*built.tasks()][:3]:
        environment = built.environment_for(task)
        mutants = mutants_of(task, built.trajectory(task.id), environment)
        for mutant, outcome in outcomes(task, environment, mutants[:: max(1, len(mutants) // 10)]):
            told = _in_tau2(outcome.messages(), [record.result for record in outcome.records])
            assert _reward(domain, task.id, told) == float(outcome.solves), mutant.kind
            seen += 1
    assert seen >= 30


def test_the_agent_is_shown_the_rows_schemas(built: Build, domain: str) -> None:
    task = next(built.tasks())
    environment = registry.get_env_constructor(domain)()
    shown = {tool.name: tool.openai_schema for tool in environment.get_tools()}
    row = built.row("trajectories", "task_id", task.id)
    for schema in json.loads(row["tools"]):
        if schema["function"]["name"] in shown:
            assert shown[schema["function"]["name"]] == schema
    assert environment.get_policy().strip() == built.environment_for(task).system_prompt.strip()


def test_every_exported_task_reads_as_tau2s_own_model(built: Build, domain: str) -> None:
    assert len(registry.get_tasks_loader(domain)()) == len([*built.tasks()])
