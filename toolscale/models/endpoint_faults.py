"""What the failures of an endpoint mean: by status, and by what happened to the connection.

Both roads of `endpoint.py` end here. The SDK's aiohttp transport reports refused and cut connections as time-outs, so for
its errors the cause that aiohttp or the system gave counts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import aiohttp
from openai import APITimeoutError

from toolscale.models.faults import (
    ModelError,
    NoNativeStructure,
    NotAccepted,
    Passing,
    RateLimited,
    TimedOut,
    Unreachable,
)
from toolscale.models.request import Call
from toolscale.models.settings import ModelSettings

CONNECT_SECONDS = 10.0
_SHOWN = 400
_ABOUT_STRUCTURE = ("response_format", "json_schema", "schema", "structured", "grammar")
_OUT_OF_MONEY = "insufficient_quota"


def fault_of_status(
    status: int, headers: Mapping[str, str], text: str, *, url: str, settings: ModelSettings, call: Call
) -> Exception:
    """Return what to raise for an answer with another status than 200, whose body is `text`."""
    said = message_of(text)
    wait = _retry_after(headers)
    if status == 429 and _OUT_OF_MONEY not in text:
        error: ModelError = RateLimited(
            f"{url} asked to wait: {said}", remedy="Lower the concurrency, or raise the patience."
        )
        return Passing(error, wait=wait, limited=True)
    if status in (408, 409, 425) or status >= 500:
        error = Unreachable(f"{url} failed with status {status}: {said}", remedy="Look at the server's log.")
        return Passing(error, wait=wait)
    if status in (400, 422, 501) and call.schema is not None and any(word in text for word in _ABOUT_STRUCTURE):
        return NoNativeStructure(said)
    remedy = {
        401: f"Is the key in the environment variable {settings.key_env} right?",
        403: f"May the key in {settings.key_env} use '{settings.model}'?",
        404: f"Is there a model '{settings.model}' at this address? Does the address end in /v1?",
        429: "The account has no credit left.",
    }.get(status, "")
    if "max_completion_tokens" in text:
        remedy = "Set max_tokens_field to max_completion_tokens."
    fatal = status in (401, 403, 404, 429)
    return NotAccepted(f"{url} did not take the request ({status}): {said}", remedy=remedy, fatal=fatal)


def fault_of_connection(error: Exception, *, url: str, settings: ModelSettings) -> Passing:
    """Return what to raise for a connection that did not come about, was cut, or brought nothing in time."""
    met = _met(error)
    if isinstance(met, TimeoutError | APITimeoutError):
        connecting = isinstance(met, aiohttp.ConnectionTimeoutError)
        waited = f"{CONNECT_SECONDS:g} s to connect" if connecting else f"{settings.timeout:g} s"
        return Passing(
            TimedOut(
                f"{url} did not answer in {waited}",
                remedy="Is the server overloaded or hung? Give a longer time-out if its answers take that long.",
            )
        )
    cut = isinstance(met, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError)
    said = "the connection was cut" if cut else str(met) or type(met).__name__
    return Passing(Unreachable(f"{url}: {said}", remedy="Is the server running at this address?"))


def no_completion(error: Exception, *, url: str) -> Passing:
    """Return what to raise for an answer that is no chat completion."""
    return Passing(
        Unreachable(f"{url} sent no chat completion: {error!r}", remedy="Is the address right, up to and with /v1?")
    )


def message_of(text: str) -> str:
    """Return what an error body says, in one line."""
    try:
        content = json.loads(text)
        error = content.get("error", content) if isinstance(content, dict) else content
        said = error.get("message", error) if isinstance(error, dict) else error
    except ValueError:
        said = text
    return " ".join(str(said).split())[:_SHOWN] or "no message"


def _met(error: BaseException) -> BaseException:
    """Return what aiohttp or the system met, if that is why the SDK failed; else the error itself."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, aiohttp.ClientError | OSError):
            return cause
        cause = cause.__cause__
    return error


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the endpoint asks to wait: retry-after-ms, or Retry-After in seconds or as a date."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        text = headers["Retry-After"]
    except (KeyError, ValueError):
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
