"""A scripted endpoint: speaks the chat-completions protocol over real HTTP, and fails on demand.

    with scripted_endpoint(lambda body, number: Reply("Hello")) as endpoint:
        settings = ModelSettings(model="scripted", base_url=endpoint.base_url)

The script gets each request's body and its number (from 0) and returns what to send. It runs in the endpoint's thread.
`python -m tests.endpoint` serves a constant answer from a process of its own, for benchmarks and for tests that kill processes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from toolscale.randomness import KeyedRandom, draw

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the endpoint sends for one request. With a status other than 200, `text` is the message of the error."""

    text: str = ""
    tool_calls: Sequence[tuple[str, str]] = ()
    """Names and argument texts, which need not be JSON."""
    refusal: str = ""
    finish: str = ""
    """The finish reason; empty: tool_calls or stop, whichever fits."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: Literal["", "before", "middle"] = ""
    """Where the connection is cut: before anything is sent, or in the middle of the body."""
    delay: float = 0.0
    """Seconds before anything is sent."""
    kept_alive: bool = False
    """Send comments for ever instead of an answer, as some servers do while they are busy; streamed only."""
    numbered: bool = True
    """Whether the pieces of a streamed tool call have its `index`."""
    usage: bool = True
    """Whether the tokens are counted; a token is a word."""
    raw: bytes | None = None
    """Sent as the body instead, whatever it is."""


Script = Callable[[Body, int], Reply]


def rate_limited(seconds: float = 0) -> Reply:
    """429 with a Retry-After."""
    return Reply("slow down", status=429, headers={"Retry-After": str(seconds)})


FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "429": lambda _: rate_limited(0),
    "500": lambda _: Reply("out of order", status=500),
    "cut before": lambda reply: Reply(reply.text, cut="before"),
    "cut middle": lambda reply: Reply(reply.text, cut="middle"),
    "truncated JSON": lambda reply: Reply(reply.text[: len(reply.text) // 2]),
    "prose": lambda reply: Reply(f"Sure, here it is:\n\n```json\n{reply.text}\n```\nAnything else?"),
    "wrong types": lambda _: Reply('{"unexpected": [1, null, "x"]}'),
    "refusal": lambda _: Reply(refusal="I can't help with that."),
    "too long": lambda reply: Reply(reply.text[:20], finish="length"),
}
"""What may go wrong with a reply, by name."""


def faulty(script: Script, share: float, kinds: Sequence[str] = tuple(FAULTS), *, key: object = 0) -> Script:
    """Return the script with a `share` of its replies spoilt, kinds drawn by key from the request's number."""

    def spoilt(body: Body, number: int) -> Reply:
        reply = script(body, number)
        if KeyedRandom.of("faulty", key, number).random() >= share:
            return reply
        return FAULTS[draw(kinds, "kind", key, number)](reply)

    return spoilt


class ScriptedEndpoint:
    """A running endpoint."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.base_url = ""
        self.requests: list[Body] = []
        """The body of each request that came in."""
        self.headers: list[dict[str, str]] = []
        self.answered = 0
        """Replies with status 200 that were sent whole: what a provider would bill."""
        self.most_in_flight = 0
        self._in_flight = 0

    def application(self) -> web.Application:
        """Return the application that answers at /v1/chat/completions."""
        application = web.Application(client_max_size=2**26)
        application.router.add_post("/v1/chat/completions", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        number = len(self.requests)
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            reply = self.script(body, number)
            if reply.delay:
                await asyncio.sleep(reply.delay)
            return await self._sent(request, reply, body)
        finally:
            self._in_flight -= 1

    async def _sent(self, request: web.Request, reply: Reply, body: Body) -> web.StreamResponse:
        assert request.transport is not None
        if reply.cut == "before":
            request.transport.abort()
            return web.Response()
        if reply.status != 200:
            error = {"error": {"message": reply.text, "type": "scripted", "code": reply.status}}
            return web.json_response(error, status=reply.status, headers=reply.headers)
        if body.get("stream"):
            pieces = [b"data: " + json.dumps(piece).encode() + b"\n\n" for piece in _pieces(reply, body)]
            pieces.append(b"data: [DONE]\n\n")
            kind = "text/event-stream"
        else:
            pieces = [json.dumps(_content(reply, body)).encode()]
            kind = "application/json"
        if reply.raw is not None:
            pieces = [reply.raw]
        if reply.cut == "middle":
            response = web.StreamResponse(headers={"Content-Type": kind})
            await response.prepare(request)
            whole = b"".join(pieces)
            await response.write(whole[: len(whole) // 2])
            request.transport.abort()
            return response
        self.answered += 1
        if not body.get("stream"):
            return web.Response(body=pieces[0], content_type=kind)
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        while reply.kept_alive:
            await response.write(b": still here\n\n")
            await asyncio.sleep(0.05)
        for piece in pieces:
            await response.write(piece)
        return response


def _usage(reply: Reply, body: Body) -> dict[str, int]:
    sent = sum(len(str(message.get("content") or "").split()) for message in body["messages"])
    written = len(reply.text.split()) + sum(len(arguments.split()) for _, arguments in reply.tool_calls)
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_calls" if reply.tool_calls else "stop")


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for place, (name, arguments) in enumerate(reply.tool_calls, 1)
    ]


def _content(reply: Reply, body: Body) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": reply.refusal or None}
    if reply.tool_calls:
        message["tool_calls"] = _calls(reply)
    content = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}],
    }
    return {**content, "usage": _usage(reply, body)} if reply.usage else content


def _pieces(reply: Reply, body: Body) -> Iterator[dict[str, Any]]:
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": body.get("model")}

    def piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    def called(place: int, part: dict[str, Any]) -> dict[str, Any]:
        return piece({"tool_calls": [{"index": place, **part} if reply.numbered else part]})

    yield piece({"role": "assistant", "content": ""})
    for start in range(0, len(reply.text), 7):
        yield piece({"content": reply.text[start : start + 7]})
    if reply.refusal:
        yield piece({"refusal": reply.refusal})
    for place, call in enumerate(_calls(reply)):
        arguments = call["function"]["arguments"]
        half = len(arguments) // 2
        first = {**call, "function": {**call["function"], "arguments": arguments[:half]}}
        yield called(place, first)
        yield called(place, {"function": {"arguments": arguments[half:]}})
    yield piece({}, _finish(reply))
    if reply.usage and (body.get("stream_options") or {}).get("include_usage"):
        yield {**frame, "choices": [], "usage": _usage(reply, body)}


@contextmanager
def scripted_endpoint(script: Script, *, port: int = 0) -> Iterator[ScriptedEndpoint]:
    """Serve the script on a free port of this machine, in a thread, until the block ends."""
    endpoint = ScriptedEndpoint(script)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(endpoint.application(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        host, bound = runner.addresses[0][:2]
        endpoint.base_url = f"http://{host}:{bound}/v1"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def main() -> None:
    """Serve `text` (the first argument) to everybody; prints the address, then serves until stdin closes."""
    text = sys.argv[1] if len(sys.argv) > 1 else "{}"
    with scripted_endpoint(lambda body, number: Reply(text)) as endpoint:
        print(endpoint.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
