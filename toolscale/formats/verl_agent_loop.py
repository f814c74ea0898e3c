"""verl: an agent loop that plays a row's task live, as `LiveEpisode` plays it everywhere: tools, user, experts, score.

Name the module in a YAML file for `actor_rollout_ref.rollout.agent.agent_loop_config_path` (docs/formats.md). Needs verl.
"""

from __future__ import annotations

import functools
from typing import Any
from uuid import uuid4

from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopMetrics, AgentLoopOutput, register
from verl.experimental.agent_loop.tool_parser import FunctionCall, ToolParser
from verl.tools.schemas import OpenAIFunctionToolSchema

from toolscale.formats.verl_files import AGENT
from toolscale.live import LiveEpisode
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.registry import load
from toolscale.shards.build import Build
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Message


@register(AGENT)
class EpisodeAgentLoop(AgentLoopBase):
    """One rollout: one episode. Tools, results and the user's words are masked; the reward is the episode's score."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        multi_turn = self.rollout_config.multi_turn
        self._parser = ToolParser.get_tool_parser(multi_turn.format, self.tokenizer)
        self._most_turns = multi_turn.max_assistant_turns

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        """Play the row's task until the user ends the call, the turns are used up, or the response is full."""
        about = row["extra_info"]
        build = _opened(about["build"])
        task = build.task(about["task_id"])
        user = ScriptedUser(task.scenario, key=about["key"])
        limit = {"most_turns": self._most_turns} if self._most_turns else {}
        with LiveEpisode(
            task, build.environment_for(task), experts=SimulatedExperts(key=about["key"]), **limit
        ) as live:
            live.hear(user.opening())
            spoken = _Spoken(self, live.tools)
            await spoken.open(live.messages)
            parsed_by = [OpenAIFunctionToolSchema.model_validate(_known_fields(schema)) for schema in live.tools]
            while live.ending is None and len(spoken.mask) < self.rollout_config.response_length:
                written = await spoken.generate(sampling_params)
                text, calls = await self._parser.extract_tool_calls(written, parsed_by)
                seen = len(live.messages)
                live.converse(_message(_without_end(text, self.tokenizer), calls, live.turns), user)
                if live.ending is None:
                    await spoken.hear(live.messages[: seen + 1], live.messages)
            rollout = live.rollout()
            return spoken.output(
                reward=float(rollout.outcome),
                turns=len(live.messages),
                kept={"messages": live.messages, "dollars": rollout.dollars, "seconds": rollout.seconds},
            )


class _Spoken:
    """The tokens of one episode so far, with verl's own way of adding to them."""

    def __init__(self, loop: EpisodeAgentLoop, tools: list[dict[str, Any]]) -> None:
        self._loop = loop
        self._tools = tools
        self._request = uuid4().hex
        self.ids: list[int] = []
        self.mask: list[int] = []
        self._logprobs: list[float] | None = None

    async def open(self, messages: list[Message]) -> None:
        self.ids = await self._loop.ct_build_initial_tokens(messages, tools=self._tools)

    async def generate(self, sampling_params: dict[str, Any]) -> list[int]:
        answer = await self._loop.server_manager.generate(
            request_id=self._request, prompt_ids=self.ids, sampling_params=sampling_params
        )
        if answer.log_probs and self._logprobs is None:
            self._logprobs = []
        merged, self.mask, self._logprobs = await self._loop.ct_merge_assistant_token(
            self.ids, answer.token_ids, self.mask, self._logprobs, assistant_logprobs=answer.log_probs or None
        )
        self.ids = merged.token_ids
        return list(answer.token_ids)

    async def hear(self, before: list[Message], after: list[Message]) -> None:
        merged, self.mask, self._logprobs = await self._loop.ct_merge_context_msg(
            before, after, self.ids, self.mask, self._logprobs, tools=self._tools
        )
        self.ids = merged.token_ids

    def output(self, *, reward: float, turns: int, kept: dict[str, Any]) -> AgentLoopOutput:
        most = self._loop.rollout_config.response_length
        split = len(self.ids) - len(self.mask)
        return AgentLoopOutput(
            prompt_ids=self.ids[:split],
            response_ids=self.ids[split:][:most],
            response_mask=self.mask[:most],
            response_logprobs=self._logprobs[:most] if self._logprobs else None,
            reward_score=reward,
            num_turns=turns,
            metrics=AgentLoopMetrics(),
            extra_fields={**kept, "turn_scores": [], "tool_rewards": []},
        )


def _message(text: str, calls: list[FunctionCall], turns: int) -> Message:
    message: Message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {
                "id": call.tool_call_id or f"call_{turns}_{number}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for number, call in enumerate(calls)
        ]
    return message


def _without_end(text: str, tokenizer: Any) -> str:
    return text.removesuffix(tokenizer.eos_token or "").strip()


def _known_fields(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema as far as verl's model of schemas goes: it is for parsing alone, the prompt has the whole."""
    function = schema["function"]
    properties = {
        name: {"type": described.get("type", "string"), "description": described.get("description", "")}
        for name, described in function["parameters"].get("properties", {}).items()
    }
    return {
        "type": "function",
        "function": {
            "name": function["name"],
            "description": function["description"],
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": list(function["parameters"].get("required", ())),
            },
        },
    }


@functools.cache
def _opened(address: str) -> Build:
    return load(address)
