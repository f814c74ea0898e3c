"""toolscale: verifiable multi-turn tool-use tasks, proven by execution."""

__version__ = "0.1.0"
