"""The scaffold of a new domain: a small public library, complete and sound, to be rewritten piece by piece."""

from __future__ import annotations

import os
import re
import shutil
from importlib import resources
from pathlib import Path

from toolscale.domain.folder import FILES
from toolscale.errors import DomainError

SCAFFOLD = Path(str(resources.files("toolscale.domain.scaffold"))) / "library"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def write_scaffold(name: str, parent: Path) -> Path:
    """Write a sound domain called `name` into `parent` and return its folder.

    Raises DomainError for a name that is no name and for a folder that exists.
    """
    check_name(name)
    folder = parent / name
    if folder.exists():
        raise DomainError(f"{folder} exists", remedy="Choose another name or another --into.")
    folder.mkdir(parents=True)
    schemas = Path(os.path.relpath((SCAFFOLD.parents[2] / "schemas").resolve(), folder.resolve())).as_posix()
    for file in FILES:
        shutil.copyfile(SCAFFOLD / file, folder / file)
        text = (folder / file).read_text(encoding="utf-8")
        text = re.sub(r"(# yaml-language-server: \$schema=).*/(\w+\.schema\.json)", rf"\g<1>{schemas}/\g<2>", text)
        text = re.sub(r"^name: library$", f"name: {name}", text, flags=re.MULTILINE)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def check_name(name: str) -> None:
    """Raise DomainError for a name that a domain can't have."""
    if not _NAME.fullmatch(name):
        raise DomainError(
            f"'{name}' is no name for a domain", remedy="Lower-case letters, digits and underscores: bike_shop."
        )
