"""The `vllm` backend: a model in this process, whose requests are run in batches and decoded by their JSON Schemas.

vLLM is an extra (`pip install 'toolscale[vllm]'`) and is imported only here. Requests that wait while a batch
runs make up the next.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.models.faults import BackendMissing, NotAccepted
from toolscale.models.request import Call, Completion
from toolscale.models.settings import ModelSettings

_GATHER_SECONDS = 0.01
_TOOL_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)

Waiting = tuple[Call, "asyncio.Future[Completion]"]


class VllmEngine:
    """One model in this process."""

    def __init__(self, settings: ModelSettings) -> None:
        try:
            import vllm
        except ImportError:
            raise BackendMissing(
                "the vllm backend needs vLLM, which is not installed",
                remedy="pip install 'toolscale[vllm]', or start `vllm serve` elsewhere and give its --base-url.",
            ) from None
        self._vllm = vllm
        try:
            self._engine = vllm.LLM(model=settings.model, **settings.engine)
        except (ValueError, OSError) as error:
            raise NotAccepted(
                f"vLLM can't load '{settings.model}': {error}", remedy="Give a model's name or folder.", fatal=True
            ) from None
        self._waiting: list[Waiting] = []
        self._runner: asyncio.Task[None] | None = None

    async def complete(self, call: Call) -> Completion:
        """Wait for a batch with this call in it, and return its completion."""
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await future

    async def close(self) -> None:
        """End what runs."""
        if self._runner is not None:
            self._runner.cancel()

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(_GATHER_SECONDS)
            offered = canonical_json(list(self._waiting[0][0].tools))  # a batch has one list of tools
            batch = [item for item in self._waiting if canonical_json(list(item[0].tools)) == offered]
            self._waiting = [item for item in self._waiting if item not in batch]
            await self._settle(batch)

    async def _settle(self, batch: list[Waiting]) -> None:
        """Give each call of a batch its completion; a call that vLLM does not take must not fail the others."""
        try:
            completions = await asyncio.to_thread(self._completions, [call for call, _ in batch])
        except Exception as error:
            if len(batch) > 1:
                for item in batch:
                    await self._settle([item])
            elif not batch[0][1].done():
                batch[0][1].set_exception(NotAccepted(f"vLLM did not take the request: {error}"))
            return
        for (_, future), completion in zip(batch, completions, strict=True):
            if not future.done():
                future.set_result(completion)

    def _completions(self, calls: Sequence[Call]) -> list[Completion]:
        start = time.monotonic()
        outputs = self._engine.chat(
            [list(call.messages) for call in calls],
            [self._sampling(call) for call in calls],
            tools=list(calls[0].tools) or None,
            use_tqdm=False,
        )
        seconds = round(time.monotonic() - start, 4)
        return [_completion(output, call, seconds) for output, call in zip(outputs, calls, strict=True)]

    def _sampling(self, call: Call) -> Any:
        from vllm.sampling_params import StructuredOutputsParams

        return self._vllm.SamplingParams(
            temperature=call.temperature,
            max_tokens=call.max_tokens,
            seed=call.seed,
            structured_outputs=StructuredOutputsParams(json=call.schema) if call.schema is not None else None,
        )


def _completion(output: Any, call: Call, seconds: float) -> Completion:
    first = output.outputs[0]
    text: str = first.text
    calls: tuple[dict[str, Any], ...] = ()
    if call.tools:
        text, calls = tool_calls_in(text)
    return Completion(
        text=text,
        refusal="",
        tool_calls=calls,
        finish="tool_calls" if calls else str(first.finish_reason or "stop"),
        tokens_in=len(output.prompt_token_ids or ()),
        tokens_out=len(first.token_ids),
        counted=True,
        seconds=seconds,
    )


def tool_calls_in(text: str) -> tuple[str, tuple[dict[str, Any], ...]]:
    """Return a model's text without its tool calls, and the calls in OpenAI's format.

    Calls are written as the templates of Hermes, Qwen and toolscale do: <tool_call>{"name": ..., "arguments": ...}</tool_call>.
    What is in the tags and does not read is a call of no tool, which the episode answers with an error.
    """
    calls = []
    for number, match in enumerate(_TOOL_CALL.finditer(text), 1):
        try:
            content = json.loads(match[1])
            name, arguments = str(content["name"]), json.dumps(content.get("arguments", {}), ensure_ascii=False)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            name, arguments = "", match[1]
        calls.append({"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}})
    return _TOOL_CALL.sub("", text).strip() if calls else text, tuple(calls)
