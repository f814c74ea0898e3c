"""What the start of Prefect costs and is made of, never a test: `python -m tests.bench_start` prints it."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

_START = """
from toolscale.flows.ephemeral_server import ephemeral_server
with ephemeral_server() as wait:
    import toolscale.flows.build
    wait()
"""
IMPORTS = {
    "import of Prefect": "import prefect",
    "import of Prefect's server, Prefect itself included": "import prefect.server.api.server",
    "import of the build flow, Prefect included": "import toolscale.flows.build",
}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(code: str, cache: str) -> tuple[float, float]:
    """Return the seconds of CPU, of all processes, and by the clock that a fresh interpreter needs for some code."""
    spent, start = _children(), time.monotonic()
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TOOLSCALE_CACHE": cache}, check=True)
    return _children() - spent, time.monotonic() - start


def main() -> None:
    """Measure the imports, and the start with an empty cache and with one that holds the migrated database."""
    table = Table(
        "what",
        "CPU s",
        "clock s",
        title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    )
    with tempfile.TemporaryDirectory() as cache:
        for name, code in IMPORTS.items():
            table.add_row(name, *(f"{seconds:.1f}" for seconds in _measure(code, cache)))
        for name in ("start and end, the first with this version of Prefect (migrates)", "start and end, every other"):
            table.add_row(name, *(f"{seconds:.1f}" for seconds in _measure(_START, cache)))
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
