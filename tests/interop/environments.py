"""Runs the tests of formats in environments of their own, one a library whose pins differ from toolscale's: `make test-interop`.

Each is made once, below .venv-interop/. tau2-bench is not on PyPI: name a checkout of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-interop"
TORCH = "torch==2.13.0"


@dataclass(frozen=True, slots=True)
class Library:
    """What is installed, in order, and which tests run over it."""

    name: str
    installs: tuple[tuple[str, ...], ...]
    tests: tuple[str, ...]
    oldest_python: tuple[int, ...] = (3, 11)


def libraries(tau2_bench: Path | None) -> list[Library]:
    """Return the libraries that can be had."""
    found = [
        Library("verifiers", (("verifiers==0.4.*", "uv"),), ("test_verifiers.py",)),
        Library("verl", ((TORCH,), ("verl==0.9.*",)), ("test_verl_agent_loop.py",)),
        Library("nemo-gym", (("nemo-gym==0.7.*",),), ("test_nemo_gym_types.py",), (3, 13, 14)),
    ]
    if tau2_bench is not None:
        found.append(Library("tau2", (("-e", str(tau2_bench.resolve())),), ("test_tau2_domain.py",), (3, 12)))
    return found


def run(library: Library) -> int | None:
    """Make a library's environment if there is none and run its tests. Returns pytest's exit code, None if Python is too old."""
    if sys.version_info < library.oldest_python:
        return None
    folder = FOLDER / library.name
    python = folder / "bin" / "python"
    made = folder / ".installed"
    if not made.exists():
        venv.create(folder, with_pip=True, clear=True)
        for words in (*library.installs, ("-e", str(ROOT), "pytest")):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *words], check=True)
        made.touch()
    words = [str(python), "-m", "pytest", "-q", "-o", "addopts=-ra"]
    tests = [str(Path(__file__).parent / test) for test in library.tests]
    return subprocess.run(
        [*words, *tests], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False
    ).returncode


def main() -> int:
    """Run all, or those that are named, and return 1 if one failed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--tau2-bench", type=Path, help="a checkout of tau2-bench")
    words.add_argument("names", nargs="*", help="only these libraries")
    given = words.parse_args()
    if given.tau2_bench is None:
        print("tau2: not run, no checkout was named (TAU2_BENCH=path/to/tau2-bench)")
    codes = {
        library.name: run(library)
        for library in libraries(given.tau2_bench)
        if not given.names or library.name in given.names
    }
    for name, code in codes.items():
        came = (
            "not run, it needs a newer Python (INTEROP_PYTHON=...)" if code is None else "failed" if code else "passed"
        )
        print(f"{name}: {came}")
    return int(any(codes.values()))


if __name__ == "__main__":
    sys.exit(main())
