"""How Prefect runs inside a command: its own home in the cache folder, no server to set up, no telemetry.

Settings that the caller's environment already holds win, so that the same flow runs against a real server.
"""

import os
from importlib import metadata
from pathlib import Path

from toolscale.cache_folder import cache_folder
from toolscale.errors import ToolscaleError


def version() -> str:
    """Return the installed version of Prefect."""
    return metadata.version("prefect")


def prepare() -> None:
    """Set Prefect's settings for this process. Must run before Prefect is imported."""
    defaults = {
        "PREFECT_HOME": str(cache_folder() / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # DO_NOT_TRACK alone does not stop the heartbeat
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_CLI_COLORS": "false",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    home = Path(os.environ["PREFECT_HOME"])
    try:
        home.mkdir(parents=True, exist_ok=True)  # Prefect makes one level only
    except OSError as error:
        raise ToolscaleError(
            f"Prefect's folder {home} can't be made: {error.strerror}",
            remedy="Set TOOLSCALE_CACHE to a folder that you may write to.",
        ) from None
