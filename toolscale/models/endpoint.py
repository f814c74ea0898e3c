"""The `openai` backend: chat completions over HTTP at any compatible address.

The openai SDK is the client: address, key, headers and the environment's settings are its own, and it streams. A plain request
takes address and headers from it and goes over aiohttp directly. In one run of `python -m tests.bench_models` bare aiohttp took
0.14 ms of CPU for a structured request, the SDK over its aiohttp transport 9.5 times as much, its lowest call (`client.post`) 4.5
times, and the whole model client over the direct road 1.5 times.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import ssl
import time
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import openai
import pydantic_core
from yarl import URL

from toolscale import __version__
from toolscale.models.endpoint_faults import (
    CONNECT_SECONDS,
    fault_of_connection,
    fault_of_status,
    message_of,
    no_completion,
)
from toolscale.models.faults import NotAccepted
from toolscale.models.ledger import CHARACTERS_PER_TOKEN
from toolscale.models.request import Call, Completion
from toolscale.models.sending import tokens_of
from toolscale.models.settings import OPENAI_URL, ModelSettings
from toolscale.models.streaming import StreamedAnswer


class Endpoint:
    """One OpenAI-compatible endpoint."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._client = openai.AsyncOpenAI(
            base_url=settings.base_url,
            api_key=_key(settings),
            timeout=openai.Timeout(settings.timeout, connect=CONNECT_SECONDS, pool=None),
            max_retries=0,  # the exchange is tried again by who called
            default_headers={"User-Agent": f"toolscale/{__version__}"},
            http_client=openai.DefaultAioHttpClient(verify=_trusted()),
        )
        self._url = f"{self._client.base_url}chat/completions"
        self._direct = None if settings.stream else _Direct(self._client, self._url, settings.timeout)

    async def complete(self, call: Call) -> Completion:
        """Make one exchange."""
        start = time.monotonic()
        try:
            if self._direct is None:
                content = await self._streamed(call)
            else:
                status, headers, answer = await self._direct.post(self._body(call))
                if status != 200:
                    raise self._turned_down(status, headers, answer.decode(errors="replace"), call)
                content = pydantic_core.from_json(answer)
            return _completion(content, call, time.monotonic() - start)
        except openai.APIStatusError as error:
            response = error.response
            raise self._turned_down(response.status_code, response.headers, response.text, call) from None
        except (openai.APIConnectionError, aiohttp.ClientError, OSError) as error:
            raise fault_of_connection(error, url=self._url, settings=self._settings) from None
        except (openai.APIError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise no_completion(error, url=self._url) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
        if self._direct is not None:
            await self._direct.close()

    async def _streamed(self, call: Call) -> dict[str, Any]:
        """Return a streamed answer as the endpoint gives it without streaming.

        Raises TimeoutError if no piece comes for the time-out (what only keeps the connection alive is none), ConnectionError if
        the stream ends before the answer does, and what the SDK raises.
        """
        loop = asyncio.get_running_loop()
        answer = StreamedAnswer()
        async with asyncio.timeout(self._settings.timeout) as limit:
            body = self._body(call)
            stream = await self._client.chat.completions.create(
                **body, stream=True, stream_options={"include_usage": True}
            )
            async with stream:
                async for chunk in stream:
                    limit.reschedule(loop.time() + self._settings.timeout)
                    if chunk.choices or chunk.usage:
                        answer.add(chunk)
        if not answer.finished:
            raise ConnectionError("the stream ended before the answer did")
        return answer.whole()

    def _turned_down(self, status: int, headers: Mapping[str, str], text: str, call: Call) -> Exception:
        return fault_of_status(status, headers, text, url=self._url, settings=self._settings, call=call)

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
        return body


class _Direct:
    """Posts bodies over aiohttp, with the address and the headers of the SDK's client."""

    def __init__(self, client: openai.AsyncOpenAI, url: str, timeout: float) -> None:
        self._url = URL(url)
        self._proxy = _proxy(url)
        headers = {**client.auth_headers, **client.default_headers}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=_trusted()),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={name: value for name, value in headers.items() if isinstance(value, str)},
        )

    async def post(self, body: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of the answer."""
        data = pydantic_core.to_json(body, inf_nan_mode="null")
        async with self._session.post(self._url, data=data, proxy=self._proxy) as response:
            return response.status, response.headers, await response.read()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def _key(settings: ModelSettings) -> str:
    key = os.environ.get(settings.key_env, "")
    if not key and settings.base_url == OPENAI_URL:
        raise NotAccepted(
            f"there is no key in the environment variable {settings.key_env}",
            remedy="Set it, name another variable, or give the --base-url of a server that needs none.",
            fatal=True,
        )
    return key or "none"


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whom both roads trust; made once, as it takes longer than a hundred requests."""
    return ssl.create_default_context()


def _proxy(url: str) -> str | None:
    """Look once: aiohttp's own look at the environment costs more than the request."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def _completion(content: dict[str, Any], call: Call, seconds: float) -> Completion:
    if "choices" not in content and content.get("error"):
        raise ValueError(message_of(json.dumps(content)))
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
