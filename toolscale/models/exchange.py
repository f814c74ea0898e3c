"""One exchange with a backend: in its turn, tried again where a fault may pass, given up where none will."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from toolscale.models.faults import ModelError, NoNativeStructure, NotAccepted, Passing, TimedOut, Unreachable
from toolscale.models.ledger import Spending
from toolscale.models.pace import Pace
from toolscale.models.request import Call, Completion
from toolscale.models.sending import in_prompt
from toolscale.models.settings import ModelSettings

_LONGEST_WAIT = 30.0
_TIME_OUTS = 2
_DOWN_AFTER = 3


class Backend(Protocol):
    """What speaks to the model. One exchange a call; no retries, no checks."""

    async def complete(self, call: Call) -> Completion:
        """Return the completion. Raises Passing for what may pass, NoNativeStructure, or a ModelError."""

    async def close(self) -> None:
        """Give back what the backend holds."""


class Exchanges:
    """The exchanges with one model. `note` is called with what people should hear of."""

    def __init__(self, settings: ModelSettings, note: Callable[[str], None]) -> None:
        self._settings = settings
        self._note = note
        self._backend: Backend | None = None
        self._pace = Pace(settings.concurrency_start, settings.concurrency_max)
        self._native = settings.structured != "prompt"
        self._down: ModelError | None = None
        self._lost_in_a_row = 0

    async def complete(self, call: Call, account: Spending) -> Completion:
        """Make one exchange, again where a fault may pass. Raises the ModelError that it ends with."""
        tries = time_outs = limits = 0
        patience = self._settings.patience
        while True:
            seen = await self._pace.begin()
            try:
                completion = await self._once(call)
            except NotAccepted as error:
                if error.fatal:
                    self._down = error
                raise
            except Passing as fault:
                tries += not fault.limited
                time_outs += isinstance(fault.error, TimedOut)
                limits += fault.limited
                wait = fault.wait if fault.wait is not None else self._backoff(tries + limits)
                if fault.limited:
                    patience -= wait
                    self._pace.too_many(seen, wait)
                if tries > self._settings.retries or time_outs > _TIME_OUTS or patience < 0:
                    self._lost(fault.error)
                    raise fault.error from None
                account.retries += 1
                account.mended[fault.error.kind] += 1
                self._note(f"{fault.error.cause}; trying again")
            else:
                self._pace.went_well()
                self._lost_in_a_row = 0
                return completion
            finally:
                self._pace.end()
            await asyncio.sleep(wait)

    async def _once(self, call: Call) -> Completion:
        """Make one exchange, with the schema in the prompt from when on the endpoint has said that it takes none."""
        if self._down is not None:
            raise self._down
        backend = self._opened()
        if self._native or call.schema is None:
            try:
                return await backend.complete(call)
            except NoNativeStructure as fault:
                cause = f"{self._settings.place} takes no JSON Schema"
                if self._settings.structured == "native":
                    raise NotAccepted(f"{cause}: {fault}", remedy="Set structured to prompt.") from None
                self._native = False
                self._note(f"{cause}, it goes into the prompt instead ({fault})")
        return await backend.complete(in_prompt(call))

    def _backoff(self, tries: int) -> float:
        """Return a wait (seconds) with full jitter, so that requests that failed together do not come back together."""
        return random.uniform(0, min(_LONGEST_WAIT, self._settings.backoff * 2**tries))

    def _lost(self, error: ModelError) -> None:
        """Give up on an endpoint that nothing came from several times in a row."""
        if isinstance(error, TimedOut | Unreachable):
            self._lost_in_a_row += 1
            if self._lost_in_a_row >= _DOWN_AFTER:
                self._down = error

    def _opened(self) -> Backend:
        if self._backend is None:
            if self._settings.backend == "vllm":
                from toolscale.models.vllm_engine import VllmEngine

                self._backend = VllmEngine(self._settings)
            else:
                from toolscale.models.endpoint import Endpoint

                self._backend = Endpoint(self._settings)
        return self._backend

    async def close(self) -> None:
        """Give back what the backend holds."""
        if self._backend is not None:
            await self._backend.close()
            self._backend = None
