"""The application: its commands, and what every command does with an error."""

from __future__ import annotations

import errno
import sys
from importlib import import_module

import typer
from rich.console import Console

from toolscale.errors import ToolscaleError

app = typer.Typer(
    name="toolscale",
    help="Build, prove and use verifiable multi-turn tool-use tasks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (
    "domains",
    "new",
    "check",
    "build",
    "parts",
    "validate",
    "solve",
    "show",
    "report",
    "explore",
    "simulate",
    "preferences",
    "publish",
    "pull",
    "diff",
    "retract",
    "regrade",
    "export",
    "serve",
    "rules",
    "schemas",
    "train",
    "version",
)


def main() -> None:
    """Run the command line. Faults of the input end with a message and exit code 2, never with a traceback."""
    for name in COMMANDS:
        import_module(f"toolscale.cli.{name}")
    try:
        app()
    except ToolscaleError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("Interrupted. The same command goes on where this one stopped.", 130)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            _fail(
                f"The disk is full: {error.filename or ''}\n  Make room and run the same command again: it goes on.", 2
            )
        if isinstance(error, BrokenPipeError):
            sys.exit(0)
        if isinstance(error, PermissionError):
            _fail(f"{error.filename}: permission denied\n  Choose a folder that you may write to.", 2)
        raise


def _fail(message: str, code: int) -> None:
    Console(stderr=True, soft_wrap=True).print(f"[bold red]error[/] {_escaped(message)}", highlight=False)
    sys.exit(code)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
