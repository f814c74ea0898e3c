"""verifiers: tasks, their tools as an MCP server, and the reward, in its v1 API. Needs verifiers (Python 3.11 or newer).

Each rollout has a tool server of its own, which holds the episode. The score reaches the reward through the rollout's state,
which the server writes and the agent has no tool to read.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import verifiers.v1 as vf

from toolscale.formats.calls_only import CallsOnlyEpisode
from toolscale.formats.signatures import method
from toolscale.registry import load
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer


class EpisodeData(vf.TaskData):
    """A task of a build, by the address of the build and the task's id."""

    build: str
    key: str


class EpisodeState(vf.State):
    """What the tool server tells the reward."""

    score: float = 0.0
    failed: tuple[str, ...] = ()
    calls: int = 0


class EpisodeTaskConfig(vf.TaskConfig):
    """Where the tool server runs."""

    tools: vf.ToolsetConfig = vf.ToolsetConfig()


class EpisodeToolset(vf.Toolset[vf.ToolsetConfig, EpisodeState]):
    """The tools of one episode, and the user, under their own names."""

    TOOL_PREFIX = None

    async def setup_task(self, task: EpisodeData) -> None:
        """Begin the episode."""
        build = _opened(task.build)
        found = build.task(str(task.id))
        self._played: CallsOnlyEpisode = self._exit_stack.enter_context(
            CallsOnlyEpisode(found, build.environment_for(found), key=task.key)
        )

    def register(self, mcp: MCPServer) -> None:
        """Offer the tools with the schemas of the task's row."""
        for schema in self._played.tools:
            called = method(schema, EpisodeToolset._call).__get__(self)
            function = schema["function"]
            tool = mcp._tool_manager.add_tool(
                self._with_state(called), name=function["name"], description=function["description"]
            )
            tool.parameters = function["parameters"]

    def _call(self, name: str, arguments: dict[str, Any]) -> str:
        answer = self._played.call(name, arguments)
        result = self._played.result()
        self.state.score, self.state.failed = float(result["score"]), tuple(result["failed"])
        self.state.calls = result["calls"]
        return answer.text


class EpisodeTask(vf.Task[EpisodeData, EpisodeState, EpisodeTaskConfig]):
    """One task: rewarded if the episode solves it."""

    @property
    def key(self) -> str:
        """The task's id, which never changes within a release."""
        return str(self.data.id)

    @classmethod
    def toolsets(cls, config: EpisodeTaskConfig) -> list[vf.Toolset[Any, Any]]:
        """Return the tool server of a rollout."""
        return [EpisodeToolset(config.tools)]

    @vf.reward(weight=1.0)
    async def solved(self, trace: vf.Trace) -> float:
        """1.0 if the episode solves the task, else 0.0."""
        return float(trace.state.score)

    @vf.metric
    async def calls(self, trace: vf.Trace) -> float:
        """How many calls were made, with those to the user."""
        return float(trace.state.calls)

    async def validate(self, runtime: vf.Runtime) -> bool:
        """Whether the reference of the row solves the task: it is replayed here and now."""
        build = _opened(self.data.build)
        task = build.task(str(self.data.id))
        messages = build.trajectory(task.id).messages
        return score_trajectory(task, build.environment_for(task), messages).value == 1


class EpisodeTasksetConfig(vf.TasksetConfig):
    """Which tasks."""

    build: str = ""
    """A folder, or org/name@version."""
    split: str = "train"
    key: str = "verifiers"
    """Varies the user's words."""
    task: EpisodeTaskConfig = EpisodeTaskConfig()


class EpisodeTaskset(vf.Taskset[EpisodeTask, EpisodeTasksetConfig]):
    """The tasks of a build's split."""

    def load(self) -> Iterable[EpisodeTask]:
        """Yield the tasks, the user's first words as their prompt."""
        build = _opened(self.config.build)
        for task in build.tasks(self.config.split):
            with CallsOnlyEpisode(task, build.environment_for(task), key=self.config.key) as played:
                data = EpisodeData(
                    id=task.id,
                    name=task.id,
                    description=", ".join(task.intents),
                    prompt=played.opening,
                    system_prompt=played.system_prompt,
                    build=self.config.build,
                    key=self.config.key,
                )
            yield EpisodeTask(data, self.config.task)


@functools.cache
def _opened(address: str) -> Build:
    return load(address)


if __name__ == "__main__":  # verifiers starts the module of a tool server in a process of its own
    EpisodeToolset.run()
