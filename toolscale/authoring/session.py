"""One client in one event loop, for code that is not asynchronous: kept for all that a process asks of a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

from toolscale.models.client import ModelClient
from toolscale.models.ledger import Ledger
from toolscale.models.settings import ModelSettings

T = TypeVar("T")


class Session:
    """A client that several authors use one after the other: connections, accounts and an engine in process stay."""

    def __init__(self, models: ModelSettings, *, tell: Callable[[str], None] | None = None) -> None:
        self.models = models
        self.ledger = Ledger(models.budget_usd)
        self.client = ModelClient(models, ledger=self.ledger, tell=tell)
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do asynchronous work that asks the client, and return what it returns."""
        return self._runner.run(work)

    def close(self) -> None:
        """Give back what the client holds."""
        self.run(self.client.close())
        self._runner.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
