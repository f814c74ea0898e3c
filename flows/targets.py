"""Where releases go, as a variable of the Prefect server: changed in the UI, for all runs, without deploying again.

The Hub's token is no variable and no parameter, which the UI and the logs show: it comes from the environment of the worker, from
the login of huggingface_hub there, or from a Secret block.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from prefect.blocks.system import Secret
from prefect.variables import Variable

from toolscale.errors import ToolscaleError

RELEASE_TO = "toolscale_release_to"
TOKEN_BLOCK = "toolscale-hub-token"  # noqa: S105  the block's name
_TOKEN = "HF_TOKEN"  # noqa: S105  the variable's name


def release_target(given: str | None) -> str:
    """Return where to publish: what a run was given, else the server's variable. Raises ToolscaleError if there is neither."""
    target = given or Variable.get(RELEASE_TO)
    if not isinstance(target, str):
        raise ToolscaleError(
            "it is not said where to publish",
            remedy=f"Give `to`, or set the server's variable: prefect variable set {RELEASE_TO} org/name",
        )
    return target


@contextmanager
def hub_token() -> Iterator[None]:
    """Use the token in the server's Secret block, if there is one and the environment has none, inside the context."""
    token = None if os.environ.get(_TOKEN) else _stored_token()
    if token is None:
        yield
        return
    os.environ[_TOKEN] = token
    try:
        yield
    finally:
        del os.environ[_TOKEN]


def _stored_token() -> str | None:
    try:
        block = cast("Secret[str]", Secret.load(TOKEN_BLOCK))  # no coroutine: nothing here is async
    except ValueError:  # there is no such block
        return None
    value = block.get()
    return value if isinstance(value, str) else None
