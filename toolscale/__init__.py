"""toolscale: verifiable multi-turn tool-use tasks, proven by execution."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "load"]

if TYPE_CHECKING:
    from toolscale.registry import load


def __getattr__(name: str) -> Any:  # so that `import toolscale` stays quick
    if name == "load":
        from toolscale.registry import load

        return load
    raise AttributeError(f"module 'toolscale' has no attribute '{name}'")
