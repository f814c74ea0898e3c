"""Datasette over a build's databases: on loopback, read-only, until Ctrl-C."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolscale.errors import ToolscaleError
from toolscale.explore.databases import DatabaseFile

HOST = "127.0.0.1"


def serve(files: Sequence[DatabaseFile], *, title: str, port: int, open_browser: bool) -> None:
    """Serve the files until the process is interrupted.

    Raises ToolscaleError if Datasette is not installed or the port is taken.
    """
    try:
        from datasette.cli import cli
    except ImportError:
        raise ToolscaleError("Datasette is not installed", remedy="pip install 'toolscale[explore]'") from None
    _refuse_taken(port)
    with tempfile.TemporaryDirectory(prefix="toolscale-") as folder:
        about = Path(folder) / "metadata.json"
        about.write_text(json.dumps(metadata(files, title)), encoding="utf-8")
        words = ["serve", "--host", HOST, "--port", str(port), "--metadata", str(about)]
        for file in files:
            words += ["--immutable", str(file.path)]
        print(f"{len(files)} databases on http://{HOST}:{port}, Ctrl-C ends it", file=sys.stderr)
        with suppress(KeyboardInterrupt):
            cli.main(args=[*words, *(["--open"] if open_browser else [])], standalone_mode=False)


def metadata(files: Sequence[DatabaseFile], title: str) -> dict[str, Any]:
    """Return what Datasette shows above the databases."""
    return {
        "title": title,
        "databases": {
            file.environment_id: {
                "description": f"{file.domain}, split {file.split}, database seed {file.seed}. "
                f"It is {file.clock} here. Tasks on it: {file.tasks}."
            }
            for file in files
        },
    }


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ToolscaleError(
                f"port {port} can't be had: {error.strerror}", remedy="Name another one with --port."
            ) from None
