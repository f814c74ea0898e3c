"""The command line: one module a command, each saying the library's own words."""

from toolscale.cli.app import main

__all__ = ["main"]
