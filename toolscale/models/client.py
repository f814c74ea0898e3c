"""The client: a request in, a checked answer out; cached, paced, retried, repaired and paid for by the rules of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType

from toolscale.models.cache import AnswerCache, key_of_request
from toolscale.models.exchange import Exchanges
from toolscale.models.faults import Malformed, ModelError, OverBudget, Refused, Truncated
from toolscale.models.ledger import Estimate, Ledger, Spending
from toolscale.models.prices import Price, price_of
from toolscale.models.prompts import prompt
from toolscale.models.request import Call, Completion, ModelAnswer, ModelRequest
from toolscale.models.sending import sendable, tokens_of
from toolscale.models.settings import ModelSettings
from toolscale.models.structure import NotSatisfied, Structure, structure
from toolscale.randomness import key_of
from toolscale.task import Message

Progress = Callable[[int, "ModelAnswer | ModelError"], None]
"""Called with a request's number and its outcome, in the order in which they come."""

_BUDGET_LOOK_SECONDS = 0.05
_MOST_TOKENS_PER_ESTIMATED = 2  # figures, code and other languages than English take more tokens a character


class ModelClient:
    """One model. Use it as an async context manager, in one event loop.

    `ledger` keeps the accounts; clients that share one share its budget. `tell` is called with what people should hear of at
    once: waits, time-outs, changes of mode.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        ledger: Ledger | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.ledger = ledger if ledger is not None else Ledger(settings.budget_usd)
        self._tell = tell
        self._exchanges = Exchanges(settings, self._note)
        self._cache = AnswerCache(settings.cache) if settings.cache is not None else None
        self._price = self._listed_price()
        self._shared: dict[bytes, asyncio.Future[ModelAnswer]] = {}

    async def answer(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer to a request; equal requests in flight are asked once.

        Raises the ModelError of the kind that says what went wrong.
        """
        account = self.ledger.of(request.stage, self.settings.model)
        try:
            answer = await self._answer_once(request, account)
        except ModelError as error:
            account.faults[error.kind] += 1
            raise
        account.answers += 1
        return answer

    async def answers(
        self, requests: Iterable[ModelRequest], *, progress: Progress | None = None
    ) -> list[ModelAnswer | ModelError]:
        """Return each request's answer, or the error that it ended with, in the order of the requests."""
        asked = list(requests)
        outcomes: list[ModelAnswer | ModelError | None] = [None] * len(asked)
        numbered = iter(enumerate(asked))

        async def work() -> None:
            for number, request in numbered:
                try:
                    outcome: ModelAnswer | ModelError = await self.answer(request)
                except ModelError as error:
                    outcome = error
                outcomes[number] = outcome
                if progress is not None:
                    progress(number, outcome)

        workers = [asyncio.create_task(work()) for _ in range(min(len(asked), self.settings.concurrency_max))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
        return [outcome for outcome in outcomes if outcome is not None]

    def estimate(self, requests: Iterable[ModelRequest]) -> Estimate:
        """Return about what the requests would cost now. Nothing is sent.

        Tokens in are a quarter of the characters; tokens out are what the same prompt got so far, else max_tokens.
        """
        total = Estimate(0, 0, 0, 0, 0.0 if self._price is not None else None)
        means: dict[str, float | None] = {}
        for request in requests:
            if self._cache is not None and self._cache.get(self._key(request, ())) is not None:
                total += Estimate(1, 1, 0, 0, 0.0)
                continue
            if request.prompt not in means:
                known = self._cache.mean_tokens_out(self.settings.model, request.prompt) if self._cache else None
                means[request.prompt] = known
            mean = means[request.prompt]
            tokens_out = round(mean) if mean is not None else self._max_tokens(request)
            tokens_in = tokens_of(self._call(request, request.messages))
            dollars = self._price.dollars(tokens_in, tokens_out) if self._price is not None else None
            total += Estimate(1, 0, tokens_in, tokens_out, dollars)
        return total

    async def close(self) -> None:
        """Give back connections and files."""
        await self._exchanges.close()
        if self._cache is not None:
            self._cache.close()

    async def __aenter__(self) -> ModelClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _answer_once(self, request: ModelRequest, account: Spending) -> ModelAnswer:
        key = self._key(request, ())
        while (running := self._shared.get(key)) is not None:
            await asyncio.wait([running])
            if not running.cancelled():
                shared = running.result()
                return _from_cache(shared)
        future: asyncio.Future[ModelAnswer] = asyncio.get_running_loop().create_future()
        self._shared[key] = future
        try:
            answer = await self._checked(request, key, account)
            future.set_result(answer)
        except ModelError as error:
            future.set_exception(error)
            future.exception()  # there may be nobody else who asks
            raise
        finally:
            del self._shared[key]
            future.cancel()  # does nothing unless this task was cancelled
        return answer

    async def _checked(self, request: ModelRequest, key: bytes, account: Spending) -> ModelAnswer:
        """Ask, check, and send malformed answers back with their faults, a bounded number of times."""
        compiled = structure(request.schema) if request.schema is not None else None
        tokens_in = tokens_out = 0
        paid = seconds = 0.0
        cached = True
        turns: tuple[Message, ...] = ()
        while True:
            completion, dollars = await self._exchange(request, turns, key, account)
            tokens_in += completion.tokens_in
            tokens_out += completion.tokens_out
            seconds += completion.seconds
            if dollars is not None:
                paid += dollars
                cached = False
            _refuse_unusable(completion, self.settings.place, self._max_tokens(request))
            try:
                value = compiled.value(completion.text) if compiled is not None and not completion.tool_calls else None
            except NotSatisfied as fault:
                repairs = len(turns) // 2
                if repairs == self.settings.repairs:
                    raise Malformed(
                        f"the answer does not satisfy the schema '{request.schema_name}' after {repairs} repairs: {fault}",
                        remedy=f"The model wrote: {completion.text[:300]!r}",
                    ) from None
                account.repairs += 1
                account.mended[Malformed.kind] += 1
                again = prompt("toolscale.models", "repair").render(faults=fault.faults)
                turns = (
                    *turns,
                    {"role": "assistant", "content": completion.text},
                    {"role": "user", "content": again},
                )
                key = self._key(request, turns)
                continue
            return ModelAnswer(
                text=completion.text,
                value=value,
                tool_calls=completion.tool_calls,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                dollars=paid,
                seconds=seconds,
                cached=cached,
                finish=completion.finish,
                repairs=len(turns) // 2,
            )

    async def _exchange(
        self, request: ModelRequest, turns: Sequence[Message], key: bytes, account: Spending
    ) -> tuple[Completion, float | None]:
        """Return a completion and what was paid for it now; None if it came from the cache."""
        known = self._cache.get(key) if self._cache is not None else None
        if known is not None:
            account.from_cache += 1
            return known, None
        call = self._call(request, [*request.messages, *turns])
        aside = 0.0
        if self._price is not None:
            aside = self._price.dollars(_MOST_TOKENS_PER_ESTIMATED * tokens_of(call), call.max_tokens)
        await self._set_aside(aside)
        dollars = 0.0
        try:
            completion = await self._exchanges.complete(call, account)
            if self._price is not None:
                dollars = self._price.dollars(completion.tokens_in, completion.tokens_out)
            account.paid += 1
            account.tokens_in += completion.tokens_in
            account.tokens_out += completion.tokens_out
            account.dollars += dollars
            account.seconds += completion.seconds
        finally:
            self.ledger.release(aside)
        if self._cache is not None:
            await self._cache.put(key, completion, model=self.settings.model, prompt=request.prompt)
        if not completion.counted:
            self._note(f"{self.settings.place} does not count tokens: they are estimated from the characters")
        return completion, dollars

    async def _set_aside(self, dollars: float) -> None:
        """Wait until the budget holds an exchange; what is in flight may cost less than was set aside for it."""
        while not self.ledger.reserve(dollars):
            if not self.ledger.waiting:
                raise OverBudget(
                    f"${self.ledger.dollars:.4f} of the budget of ${self.ledger.budget_usd or 0:.4f} is spent, and the next "
                    f"request may cost ${dollars:.4f}",
                    remedy="Give a larger --budget-usd, or fewer max_tokens; what is paid for is kept in the cache.",
                )
            await asyncio.sleep(_BUDGET_LOOK_SECONDS)

    def _call(self, request: ModelRequest, messages: Sequence[Message]) -> Call:
        strict = structure(request.schema).strict if request.schema is not None else False
        return Call(
            messages=[sendable(message) for message in messages],
            schema=request.schema,
            schema_name=request.schema_name,
            strict=strict,
            tools=request.tools,
            temperature=self.settings.temperature if request.temperature is None else request.temperature,
            max_tokens=self._max_tokens(request),
            seed=None if request.seed is None else key_of(request.seed, request.attempt) % 2**31,
        )

    def _max_tokens(self, request: ModelRequest) -> int:
        return self.settings.max_tokens if request.max_tokens is None else request.max_tokens

    def _key(self, request: ModelRequest, turns: Sequence[Message]) -> bytes:
        """The address of the endpoint is no part of it: a server that moved has not become another model."""
        compiled: Structure | None = structure(request.schema) if request.schema is not None else None
        return key_of_request(
            self.settings.model,
            self.settings.structured if compiled else "",
            request.schema_name if compiled else "",
            prompt("toolscale.models", "structure").identity if compiled else "",
            list(request.tools),
            self.settings.temperature if request.temperature is None else request.temperature,
            self._max_tokens(request),
            request.seed,
            request.prompt,
            request.attempt,
            compiled.digest if compiled else "",
            [*request.messages, *turns],
        )

    def _listed_price(self) -> Price | None:
        listed = price_of(self.settings)
        if listed is None:
            cause = f"'{self.settings.model}' at {self.settings.place} has no price in data/prices.yaml"
            if self.ledger.budget_usd is not None:
                raise OverBudget(
                    f"{cause}, so the budget can't be kept",
                    remedy="Set price to the dollars per million tokens in and out: [0, 0] if the model is your own.",
                )
            self._note(f"{cause}: it counts as 0 dollars")
        return listed

    def _note(self, text: str) -> None:
        if self.ledger.note(text) and self._tell is not None:
            self._tell(text)


def ask_all(
    settings: ModelSettings,
    requests: Iterable[ModelRequest],
    *,
    progress: Progress | None = None,
    ledger: Ledger | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[ModelAnswer | ModelError]:
    """Answer all requests, for callers that are not asynchronous themselves."""

    async def ask() -> list[ModelAnswer | ModelError]:
        async with ModelClient(settings, ledger=ledger, tell=tell) as client:
            return await client.answers(requests, progress=progress)

    return asyncio.run(ask())


def _refuse_unusable(completion: Completion, place: str, max_tokens: int) -> None:
    if completion.refusal or completion.finish == "content_filter":
        raise Refused(
            f"the model declined to answer: {completion.refusal[:300] or 'filtered by the endpoint'}",
            remedy="Change the prompt, or take another model.",
        )
    if completion.finish == "length":
        raise Truncated(
            f"the answer from {place} was cut off at {max_tokens} tokens",
            remedy="Give more max_tokens, or ask for less at once.",
        )


def _from_cache(answer: ModelAnswer) -> ModelAnswer:
    return replace(answer, dollars=0.0, cached=True)
