"""Units of work on a Dask cluster: one that runs elsewhere, or one made on this machine for the run.

Units go to the scheduler directly, not through Prefect's Dask task runner: that one runs Prefect in every worker, which costs far
more a unit and needs a Prefect server that all machines reach (docs/scaling.md).
"""

from pathlib import Path
from typing import Any

from toolscale.errors import BuildError, ToolscaleError
from toolscale.flows.units import build_unit
from toolscale.flows.workers import took_too_long
from toolscale.synthesis.plan import Unit, library_fingerprint

_CONNECT_SECONDS = 10
_FIRST_WORKER_SECONDS = 120


class DaskWorkers:
    """The workers of a Dask cluster. Each must have one thread, this library, the domains, and the part store's folder."""

    def __init__(self, address: str | None, number: int, unit_seconds: float) -> None:
        try:
            import distributed
        except ImportError:
            raise ToolscaleError("Dask is not installed", remedy="pip install 'toolscale[dask]'") from None
        self._unit_seconds = unit_seconds
        self._cluster: Any = None
        if address is None:
            self._cluster = distributed.LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=number, threads_per_worker=1, processes=True, dashboard_address=None
            )
        try:
            self._client: Any = distributed.Client(  # type: ignore[no-untyped-call]
                self._cluster or address, timeout=_CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, TimeoutError) as error:
            raise ToolscaleError(
                f"no Dask scheduler answers at {address}: {error}",
                remedy="Start one with `dask scheduler`, or correct --address.",
            ) from None
        try:
            self._check()
        except ToolscaleError:
            self.close()
            raise

    @property
    def number(self) -> int:
        """How many units are done at the same time, now: a cluster may grow."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def run(self, unit: Unit, parts: Path) -> bool:
        """Do one unit on the cluster; the scheduler gives it to another worker if its first one is lost."""
        import distributed

        future = self._client.submit(build_unit, unit, parts, pure=False)
        try:
            return bool(future.result(self._unit_seconds))
        except distributed.TimeoutError:
            future.cancel()
            raise took_too_long(unit, self._unit_seconds) from None

    def rest(self) -> None:
        """Do nothing: a cluster's memory is not this machine's."""

    def close(self) -> None:
        """Leave the cluster, and end it if it was made for the run."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _check(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=_FIRST_WORKER_SECONDS)
        except TimeoutError:
            raise ToolscaleError(
                "the Dask cluster has no workers", remedy="Start some: dask worker ADDRESS --nworkers N --nthreads 1"
            ) from None
        for worker, found in self._client.run(library_fingerprint).items():
            if found != library_fingerprint():
                raise BuildError(
                    f"the worker {worker} runs other code of toolscale than this machine",
                    remedy="Install the same version on all machines: parts are named by it.",
                )
        for worker, known in self._client.scheduler_info(n_workers=-1)["workers"].items():
            if known["nthreads"] > 1:
                raise BuildError(
                    f"the worker {worker} has {known['nthreads']} threads, which would wait for each other",
                    remedy="Start workers with `dask worker ADDRESS --nworkers N --nthreads 1`.",
                )
