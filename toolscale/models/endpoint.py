"""The `openai` backend: chat completions over HTTP at any compatible address.

It reads the same environment as the openai SDK, and sends and receives the same (a test holds it against the SDK). The SDK itself
stays outside: a request through it costs about ten times the CPU, also over its aiohttp transport (`make bench`).
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pydantic_core
from yarl import URL

from toolscale import __version__
from toolscale.models.faults import (
    ModelError,
    NoNativeStructure,
    NotAccepted,
    Passing,
    RateLimited,
    TimedOut,
    Unreachable,
)
from toolscale.models.ledger import CHARACTERS_PER_TOKEN
from toolscale.models.request import Call, Completion
from toolscale.models.sending import tokens_of
from toolscale.models.settings import OPENAI_URL, ModelSettings

_CONNECT_SECONDS = 10.0
_FROM_ENVIRONMENT = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
_SHOWN = 400
_ABOUT_STRUCTURE = ("response_format", "json_schema", "schema", "structured", "grammar")
_OUT_OF_MONEY = "insufficient_quota"
_LARGEST_LINE = 2**24


class Endpoint:
    """One OpenAI-compatible endpoint."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._url = f"{settings.base_url.rstrip('/')}/chat/completions"
        self._parsed = URL(self._url)
        self._proxy = _proxy(self._url)
        if settings.stream:  # a stream may last as long as it likes while pieces come
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=settings.timeout)
        else:
            timeout = aiohttp.ClientTimeout(total=settings.timeout, sock_connect=_CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_headers(settings),
            read_bufsize=_LARGEST_LINE if settings.stream else 2**16,
        )

    async def complete(self, call: Call) -> Completion:
        """Make one exchange."""
        start = time.monotonic()
        body = pydantic_core.to_json(self._body(call), inf_nan_mode="null")
        try:
            async with self._session.post(self._parsed, data=body, proxy=self._proxy) as response:
                if response.status != 200:
                    raise self._fault(response.status, response.headers, await response.text(errors="replace"), call)
                if self._settings.stream:
                    content = await _assembled(response, self._settings.timeout)
                else:
                    content = pydantic_core.from_json(await response.read())
            return _completion(content, call, time.monotonic() - start)
        except TimeoutError as error:
            connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
            waited = f"{_CONNECT_SECONDS:g} s to connect" if connecting else f"{self._settings.timeout:g} s"
            raise Passing(
                TimedOut(
                    f"{self._url} did not answer in {waited}",
                    remedy="Is the server overloaded or hung? Give a longer time-out if its answers take that long.",
                )
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            cut = isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError)
            said = "the connection was cut" if cut else str(error) or type(error).__name__
            raise Passing(
                Unreachable(f"{self._url}: {said}", remedy="Is the server running at this address?")
            ) from None
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise Passing(
                Unreachable(
                    f"{self._url} sent no chat completion: {error!r}",
                    remedy="Is the address right, up to and with /v1?",
                )
            ) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _body(self, call: Call) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": list(call.messages),
            "temperature": call.temperature,
            self._settings.max_tokens_field: call.max_tokens,
        }
        if call.seed is not None:
            body["seed"] = call.seed
        if call.tools:
            body["tools"] = list(call.tools)
        if call.schema is not None:
            named = {"name": call.schema_name, "schema": call.schema, "strict": call.strict}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        if self._settings.stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    def _fault(self, status: int, headers: Mapping[str, str], text: str, call: Call) -> Exception:
        said = _message(text)
        wait = _retry_after(headers)
        if status == 429 and _OUT_OF_MONEY not in text:
            error: ModelError = RateLimited(
                f"{self._url} asked to wait: {said}", remedy="Lower the concurrency, or raise the patience."
            )
            return Passing(error, wait=wait, limited=True)
        if status in (408, 409, 425) or status >= 500:
            error = Unreachable(f"{self._url} failed with status {status}: {said}", remedy="Look at the server's log.")
            return Passing(error, wait=wait)
        if status in (400, 422, 501) and call.schema is not None and any(word in text for word in _ABOUT_STRUCTURE):
            return NoNativeStructure(said)
        remedy = {
            401: f"Is the key in the environment variable {self._settings.key_env} right?",
            403: f"May the key in {self._settings.key_env} use '{self._settings.model}'?",
            404: f"Is there a model '{self._settings.model}' at this address? Does the address end in /v1?",
            429: "The account has no credit left.",
        }.get(status, "")
        if "max_completion_tokens" in text:
            remedy = "Set max_tokens_field to max_completion_tokens."
        fatal = status in (401, 403, 404, 429)
        return NotAccepted(f"{self._url} did not take the request ({status}): {said}", remedy=remedy, fatal=fatal)


def _headers(settings: ModelSettings) -> dict[str, str]:
    named = {header: os.environ.get(variable, "") for header, variable in _FROM_ENVIRONMENT.items()}
    return {
        "Content-Type": "application/json",
        "User-Agent": f"toolscale/{__version__}",
        "Authorization": f"Bearer {_key(settings)}",
        **{header: value for header, value in named.items() if value},
    }


def _key(settings: ModelSettings) -> str:
    key = os.environ.get(settings.key_env, "")
    if not key and settings.base_url == OPENAI_URL:
        raise NotAccepted(
            f"there is no key in the environment variable {settings.key_env}",
            remedy="Set it, name another variable, or give the --base-url of a server that needs none.",
            fatal=True,
        )
    return key or "none"


def _proxy(url: str) -> str | None:
    """Look once: aiohttp's own look at the environment costs more than the request."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)


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


def _message(text: str) -> str:
    """Return what an error body says, in one line."""
    try:
        content = json.loads(text)
        error = content.get("error", content) if isinstance(content, dict) else content
        said = error.get("message", error) if isinstance(error, dict) else error
    except ValueError:
        said = text
    return " ".join(str(said).split())[:_SHOWN] or "no message"


def _completion(content: dict[str, Any], call: Call, seconds: float) -> Completion:
    if "choices" not in content and content.get("error"):
        raise ValueError(_message(json.dumps(content)))
    choice = content["choices"][0]
    message = choice["message"]
    text = _text(message.get("content"))
    calls = tuple(_tool_call(item, place) for place, item in enumerate(message.get("tool_calls") or ()))
    usage = content.get("usage") or {}
    tokens_in, tokens_out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    counted = tokens_in is not None and tokens_out is not None
    if tokens_in is None or tokens_out is None:
        written = len(text) + sum(len(item["function"]["arguments"]) for item in calls)
        tokens_in, tokens_out = tokens_of(call), written // CHARACTERS_PER_TOKEN + 1
    return Completion(
        text=text,
        refusal=str(message.get("refusal") or ""),
        tool_calls=calls,
        finish=str(choice.get("finish_reason") or "stop"),
        tokens_in=int(tokens_in),
        tokens_out=int(tokens_out),
        counted=counted,
        seconds=round(seconds, 4),
    )


def _text(content: Any) -> str:
    """Some servers send the text in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content)
    return str(content or "")


def _tool_call(item: dict[str, Any], place: int) -> dict[str, Any]:
    function = item.get("function") or {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str):  # some servers send the object
        arguments = json.dumps(arguments if arguments is not None else {})
    return {
        "id": str(item.get("id") or f"call_{place + 1}"),
        "type": "function",
        "function": {"name": str(function.get("name") or ""), "arguments": arguments},
    }


async def _assembled(response: aiohttp.ClientResponse, timeout: float) -> dict[str, Any]:
    """Put the pieces of a stream together as the answer that the endpoint gives without streaming.

    Raises aiohttp.ClientPayloadError if the stream ends before the answer does, ValueError if it brings an error, TimeoutError
    if no piece comes for `timeout` seconds: what only keeps the connection alive is none.
    """
    message: dict[str, Any] = {"content": "", "refusal": "", "tool_calls": []}
    finish: str | None = None
    usage: dict[str, Any] | None = None
    async for piece in _events(response, timeout):
        if piece.get("error"):
            raise ValueError(_message(json.dumps(piece)))
        usage = piece.get("usage") or usage
        for choice in piece.get("choices") or ():
            finish = choice.get("finish_reason") or finish
            delta = choice.get("delta") or {}
            message["content"] += _text(delta.get("content"))
            message["refusal"] += str(delta.get("refusal") or "")
            for part in delta.get("tool_calls") or ():
                _add_to_call(message["tool_calls"], part)
    if finish is None:
        raise aiohttp.ClientPayloadError("the stream ended before the answer did")
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


async def _events(response: aiohttp.ClientResponse, timeout: float) -> AsyncIterator[dict[str, Any]]:
    """Yield the events of a stream (server-sent events: lines that begin with data:)."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout) as limit:
        async for line in response.content:
            text = line.strip()
            if text.startswith(b"data:") and (data := text[5:].strip()) != b"[DONE]":
                limit.reschedule(loop.time() + timeout)
                yield pydantic_core.from_json(data)


def _add_to_call(calls: list[dict[str, Any]], part: dict[str, Any]) -> None:
    place = int(part.get("index", len(calls)))
    while len(calls) <= place:
        calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    function = part.get("function") or {}
    calls[place]["id"] = part.get("id") or calls[place]["id"]
    calls[place]["function"]["name"] += function.get("name") or ""
    calls[place]["function"]["arguments"] += function.get("arguments") or ""
