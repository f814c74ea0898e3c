"""The Prefect server of one command: started on loopback, ended with it, and swept up after a kill -9."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, temporary_settings

_MARK = "prefect.server.api.server:create_app"


@contextmanager
def ephemeral_server() -> Iterator[None]:
    """Run flows against a server of their own, or against the one that PREFECT_API_URL names."""
    if PREFECT_API_URL.value():
        yield
        return
    records = Path(os.environ["PREFECT_HOME"]) / "servers"
    records.mkdir(parents=True, exist_ok=True)
    _sweep(records)
    server = SubprocessASGIServer()
    server.start()
    record = records / str(os.getpid())
    record.write_text(str(server.server_process.pid if server.server_process else ""))
    try:
        with temporary_settings({PREFECT_API_URL: server.api_url}):
            yield
    finally:
        server.stop()
        record.unlink(missing_ok=True)


def _sweep(records: Path) -> None:
    """End the servers of commands that were killed: an orphan would keep Prefect's database locked."""
    for record in records.iterdir():
        if record.name.isdigit() and not _command(int(record.name)):
            orphan = record.read_text()
            if orphan.isdigit() and _MARK in _command(int(orphan)):
                with suppress(ProcessLookupError):
                    os.kill(int(orphan), signal.SIGTERM)
            record.unlink(missing_ok=True)


def _command(pid: int) -> str:
    """Return the command line of a process, empty if there is none."""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout  # noqa: S603, S607
