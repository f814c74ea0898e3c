"""Rollouts with a model behind an OpenAI-compatible endpoint: the same episodes, with messages in place of tokens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from toolscale.live import LiveEpisode
from toolscale.models.client import ModelClient
from toolscale.models.faults import Malformed, Refused, Truncated
from toolscale.models.request import ModelRequest
from toolscale.models.settings import ModelSettings
from toolscale.orchestration.account import Usage
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Message
from toolscale.trainer.parsing import refusal
from toolscale.trainer.playing import Attempt, Limits, Played
from toolscale.trainer.rollout import Finished


class ApiRoller:
    """Plays episodes with a model at an endpoint. Tokens, dollars and seconds are the endpoint's own."""

    def __init__(self, settings: ModelSettings, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits

    def play(
        self, attempts: Sequence[Attempt], *, temperature: float, seed: int, finished: Finished | None = None
    ) -> list[Played]:
        """Play each attempt to its end. Raises ModelError where the endpoint gives no answer."""
        return asyncio.run(self._play(attempts, temperature, seed, finished))

    async def _play(
        self, attempts: Sequence[Attempt], temperature: float, seed: int, finished: Finished | None
    ) -> list[Played]:
        turns = asyncio.Semaphore(self._settings.concurrency_max)
        async with ModelClient(self._settings) as client:

            async def one(number: int, attempt: Attempt) -> Played:
                async with turns:
                    played = await self._episode(client, attempt, temperature, seed + number)
                if finished is not None:
                    finished(number, played)
                return played

            return list(await asyncio.gather(*(one(number, attempt) for number, attempt in enumerate(attempts))))

    async def _episode(self, client: ModelClient, attempt: Attempt, temperature: float, seed: int) -> Played:
        user = ScriptedUser(attempt.task.scenario, key=attempt.user_key)
        calls = malformed = 0
        seconds = 0.0
        with LiveEpisode(
            attempt.task,
            attempt.environment,
            experts=SimulatedExperts(key=attempt.expert_key),
            most_turns=self._limits.turns,
        ) as live:
            live.hear(user.opening())
            while live.ending is None:
                request = ModelRequest(
                    messages=tuple(live.messages),
                    stage="evaluate",
                    tools=live.tools,
                    temperature=temperature,
                    max_tokens=self._limits.turn_tokens,
                    seed=seed,
                )
                try:
                    answer = await client.answer(request)
                except (Malformed, Refused, Truncated) as fault:  # what the model wrote is the model's fault
                    malformed += 1
                    live.refuse("", refusal(f"{fault.kind}: {fault.cause}"))
                    continue
                start = time.perf_counter()
                message: Message = {"role": "assistant", "content": answer.text}
                if answer.tool_calls:
                    message["tool_calls"] = list(answer.tool_calls)
                usage = Usage(answer.tokens_in, answer.tokens_out, dollars=answer.dollars, seconds=answer.seconds)
                before = len(live.episode.calls)
                live.converse(message, user, usage)
                calls += len(answer.tool_calls)
                malformed += any(not isinstance(call.arguments, dict) for call in live.episode.calls[before:])
                seconds += time.perf_counter() - start
            return Played(
                task=attempt.task,
                prompt=[],
                completion=[],
                own=[],
                logprobs=[],
                messages=tuple(live.messages),
                score=live.score(),
                rollout=live.rollout(),
                ending=live.ending,
                turns=live.turns,
                calls=calls,
                malformed=malformed,
                environment_seconds=seconds,
            )


def settings_of(name: str, base_url: str | None) -> ModelSettings:
    """Return the settings of a model named `openai:NAME`."""
    chosen = {"base_url": base_url} if base_url else {}
    return ModelSettings(model=name, **chosen)
