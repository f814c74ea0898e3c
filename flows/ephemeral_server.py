"""The Prefect server of one command: starts beside the imports, serves on loopback, ends with the command however that ends.

Its database is a copy of one that was migrated once for this version of Prefect, so that commands neither wait for each other's
locks nor migrate again. What it costs to start is nearly all Prefect's own imports (docs/flows.md).
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolscale.errors import ToolscaleError
from toolscale.flows.prefect_settings import prepare, version

STARTS_WITHIN_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_LAST_WORDS = 2000  # characters of a failed server's log that are worth showing
API = "PREFECT_API_URL"


@contextmanager
def ephemeral_server() -> Iterator[Callable[[], None]]:
    """Start a server for this command, or use the one that PREFECT_API_URL names. Must be entered before Prefect is imported.

    Yields a function that waits until the server answers: import the flows before calling it, while the server starts. Raises
    ToolscaleError if the server does not start.
    """
    prepare()
    if os.environ.get(API):
        yield _named_server_answers
        return
    home = Path(os.environ["PREFECT_HOME"])
    _sweep(home / "commands")
    own = home / "commands" / str(os.getpid())
    own.mkdir(parents=True, exist_ok=True)
    log = own / "server.log"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        with log.open("wb") as stream:
            server = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-m",
                    "toolscale.flows.server_process",
                    str(listening.fileno()),
                    str(os.getpid()),
                    str(home / f"migrated-{version()}.db"),
                    str(own / "prefect.db"),
                ],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
    os.environ[API] = url

    def wait() -> None:
        if not healthy(url):
            raise ToolscaleError(
                "Prefect's server did not start",
                remedy=f"Its last words, of {log}:\n{log.read_text(errors='replace')[-_LAST_WORDS:]}",
            )

    try:
        yield wait
    finally:
        del os.environ[API]
        server.terminate()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(own, ignore_errors=True)


def _named_server_answers() -> None:
    url = os.environ[API]
    if not healthy(url):
        raise ToolscaleError(
            f"no Prefect server answers at {url}, which {API} names",
            remedy=f"Start one (`make ui`), or unset {API}: then the command runs a server of its own.",
        )


def healthy(url: str, server: "subprocess.Popen[bytes] | None" = None) -> bool:
    """Return whether a server answers within the time that one takes to start; at once if its process has ended."""
    import httpx

    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            # where the socket listens before the server does, this request waits for it
            return httpx.get(f"{url}/health", timeout=STARTS_WITHIN_SECONDS).status_code == httpx.codes.OK
        except httpx.HTTPError:
            if server is None or server.poll() is not None:
                return False
        time.sleep(_LOOK_SECONDS)
    return False


def _sweep(commands: Path) -> None:
    """Remove what commands left that were killed. Their servers have ended with them."""
    for folder in commands.glob("[0-9]*"):
        try:
            os.kill(int(folder.name), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:
            continue
