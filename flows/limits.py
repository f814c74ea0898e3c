"""Limits that all runs of a Prefect server share: so many units at a model endpoint at once, whoever runs them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import concurrency

from toolscale.errors import ToolscaleError


@contextmanager
def slot(limit: str | None) -> Iterator[None]:
    """Hold one slot of a concurrency limit, and wait for it before; none if `limit` is None.

    An acquisition costs about a tenth of a second: take one for a unit of work, never for a request. Raises ToolscaleError if the
    server has no such limit.
    """
    with ExitStack() as held:
        if limit is not None:
            try:
                held.enter_context(concurrency(limit, occupy=1, strict=True))
            except ConcurrencySlotAcquisitionError as error:
                raise ToolscaleError(
                    f"no slot of the concurrency limit '{limit}' can be had: {error}",
                    remedy=f"Make it on the Prefect server: prefect gcl create {limit} --limit 8",
                ) from None
        yield
