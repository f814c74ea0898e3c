"""Language models as authors, users and solvers: one client, two backends.

`ModelClient` takes a `ModelRequest` and gives a `ModelAnswer` that has been checked, cached, paced, retried and counted, or
raises a `ModelError` whose kind says what went wrong.
"""

from toolscale.models.client import ModelClient, ask_all
from toolscale.models.faults import ModelError
from toolscale.models.ledger import Estimate, Ledger
from toolscale.models.request import ModelAnswer, ModelRequest
from toolscale.models.settings import ModelSettings

__all__ = [
    "Estimate",
    "Ledger",
    "ModelAnswer",
    "ModelClient",
    "ModelError",
    "ModelRequest",
    "ModelSettings",
    "ask_all",
]
