"""What can go wrong with a request to a model, by kind: each kind is counted, and says what to do about it."""

from __future__ import annotations

from typing import ClassVar

from toolscale.errors import Place, ToolscaleError


class ModelError(ToolscaleError):
    """A request to a model got no answer that can be used."""

    kind: ClassVar[str] = "failed"


class Refused(ModelError):
    """The model declined, or the endpoint's filter did."""

    kind = "refused"


class Malformed(ModelError):
    """The answer does not satisfy the schema, also after all repairs; the message has the last fault."""

    kind = "malformed"


class Truncated(ModelError):
    """The answer was cut off at max_tokens."""

    kind = "truncated"


class TimedOut(ModelError):
    """Nothing came within the time-out; the message has the address."""

    kind = "timed out"


class RateLimited(ModelError):
    """The endpoint asked to wait for longer than the settings' patience."""

    kind = "rate limited"


class Unreachable(ModelError):
    """Connections are refused or cut, or the server fails, after all retries."""

    kind = "unreachable"


class NotAccepted(ModelError):
    """The endpoint does not take the request: key, model, or parameters are wrong."""

    kind = "not accepted"

    def __init__(self, cause: str, *, remedy: str = "", place: Place | None = None, fatal: bool = False) -> None:
        super().__init__(cause, remedy=remedy, place=place)
        self.fatal = fatal
        """Whether every other request would be turned down too."""


class OverBudget(ModelError):
    """The budget does not allow the request."""

    kind = "over budget"


class BackendMissing(ModelError):
    """What a backend needs is not installed."""

    kind = "backend missing"


class Passing(Exception):
    """A fault that may pass: raised by backends, retried by the client, which raises `error` when it gives up.

    `wait` is how many seconds the endpoint asked for, None if it did not say. `limited` tells a rate limit from a failure.
    """

    def __init__(self, error: ModelError, *, wait: float | None = None, limited: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait
        self.limited = limited


class NoNativeStructure(Exception):
    """The endpoint does not take a JSON Schema: the schema has to go into the prompt."""
