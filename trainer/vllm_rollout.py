"""Rollouts with vLLM as the generator, for models that are too large to decode here: a turn of all episodes at a time.

vLLM keeps the beginnings of conversations in its prefix cache, so a turn reads only what is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolscale.errors import TrainingError
from toolscale.trainer.playing import Attempt, Limits, Played, Playing
from toolscale.trainer.rollout import Finished
from toolscale.trainer.tokens import ConversationTokenizer


class VllmRoller:
    """Plays episodes with an engine of vLLM (`vllm.LLM`)."""

    def __init__(self, engine: Any, tokenizer: ConversationTokenizer, limits: Limits) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._limits = limits

    def play(
        self, attempts: Sequence[Attempt], *, temperature: float, seed: int, finished: Finished | None = None
    ) -> list[Played]:
        """Play each attempt to its end. Temperature 0 takes the likeliest token."""
        from vllm import SamplingParams

        running = {number: Playing(attempt, self._tokenizer, self._limits) for number, attempt in enumerate(attempts)}
        results: dict[int, Played] = {}
        turn = 0
        while running:
            numbers = list(running)
            outputs = self._engine.generate(
                [{"prompt_token_ids": running[number].context} for number in numbers],
                [
                    SamplingParams(
                        temperature=temperature,
                        max_tokens=running[number].room,
                        stop_token_ids=[self._tokenizer.turn_ends],
                        logprobs=0,
                        seed=(seed + number * self._limits.turns + turn) % 2**31,
                        skip_special_tokens=False,
                    )
                    for number in numbers
                ],
                use_tqdm=False,
            )
            for number, output in zip(numbers, outputs, strict=True):
                written = output.outputs[0]
                ids = list(written.token_ids)
                logprobs = [place[token].logprob for token, place in zip(ids, written.logprobs, strict=True)]
                playing = running[number]
                playing.take(ids, logprobs)
                if playing.over:
                    results[number] = playing.finish()
                    del running[number]
                    if finished is not None:
                        finished(number, results[number])
            turn += 1
        return [results[number] for number in range(len(attempts))]


def engine_of(trainer: Any) -> Any:
    """Return the engine that a GRPOTrainer with `use_vllm` in colocate mode keeps in step with the model."""
    return trainer.vllm_generation.llm


def engine_for(model: str, length: int) -> Any:
    """Return an engine for a model by folder or name. Raises TrainingError if vLLM is not installed."""
    try:
        from vllm import LLM
    except ImportError:
        raise TrainingError(
            "vLLM is not installed", remedy="Run `pip install toolscale[vllm]`, or set generator: transformers."
        ) from None
    return LLM(model=model, max_model_len=length, enable_prefix_caching=True)
