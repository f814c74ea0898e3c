"""`make ui`: a Prefect server with its UI, the deployments of prefect.yaml and a worker, on this machine, until interrupted."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from toolscale.errors import ToolscaleError
from toolscale.flows.ephemeral_server import API, healthy
from toolscale.flows.prefect_settings import prepare

POOL = "toolscale"
LIMITS = {"model-endpoint": 8}
"""Concurrency limits that are made if they are not there, with their slots."""
LOCAL_MODEL: dict[str, Any] = {"base_url": "http://127.0.0.1:8000/v1", "model": "Qwen/Qwen3-8B"}
"""The model that writes until the variable is changed: what `vllm serve Qwen/Qwen3-8B` is on this machine."""


@contextmanager
def local_service(port: int = 4200, release_to: str = "data/releases") -> Iterator[str]:
    """Run server and worker for as long as the context lasts; yields the address of the API.

    What the server keeps lies in `server` in Prefect's folder in the cache. Run it in the checkout: prefect.yaml is read there,
    and paths in parameters are relative to it. Raises ToolscaleError if the server does not start, or there is no prefect.yaml.
    """
    if not Path("prefect.yaml").is_file():
        raise ToolscaleError("there is no prefect.yaml here", remedy="Run this in the checkout of toolscale.")
    prepare()
    home = Path(os.environ["PREFECT_HOME"]) / "server"
    home.mkdir(parents=True, exist_ok=True)
    api = f"http://127.0.0.1:{port}/api"
    os.environ |= {"PREFECT_HOME": str(home), API: api, "PREFECT_LOGGING_LEVEL": "INFO"}
    prefect = [sys.executable, "-m", "prefect"]
    server = subprocess.Popen([*prefect, "server", "start", "--host", "127.0.0.1", "--port", str(port)])  # noqa: S603
    started = [server]
    try:
        if not healthy(api, server):
            raise ToolscaleError("Prefect's server did not start", remedy=f"Is port {port} taken? Give another --port.")
        _furnish(release_to)
        subprocess.run([*prefect, "--no-prompt", "deploy", "--all"], check=True)  # noqa: S603
        started.append(subprocess.Popen([*prefect, "worker", "start", "--pool", POOL, "--type", "process"]))  # noqa: S603
        yield api
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGINT)
        for process in reversed(started):
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _furnish(release_to: str) -> None:
    """Make the work pool, the limits and the variables that the deployments name, where they are not there."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
    from prefect.variables import Variable

    from toolscale.flows.model_endpoint import MODEL_ENDPOINT
    from toolscale.flows.targets import RELEASE_TO

    with get_client(sync_client=True) as client:
        with suppress(ObjectAlreadyExists):
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        for name, slots in LIMITS.items():
            try:
                client.read_global_concurrency_limit_by_name(name)
            except ObjectNotFound:
                client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=slots))
    variables: dict[str, str | dict[str, Any]] = {RELEASE_TO: release_to, MODEL_ENDPOINT: LOCAL_MODEL}
    for name, value in variables.items():
        if Variable.get(name) is None:
            Variable.set(name, value)


def main() -> None:
    """Run until interrupted."""
    words = argparse.ArgumentParser(prog="make ui", description=__doc__)
    words.add_argument("--port", type=int, default=4200)
    given = words.parse_args()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background job, and its children, would ignore it
    with local_service(given.port) as api:
        print(
            f"\nPrefect's UI: {api.removesuffix('/api')}   Commands: export {API}={api}   Ctrl-C ends both.\n",
            flush=True,
        )
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    try:
        main()
    except ToolscaleError as error:
        sys.exit(f"error {error}")
