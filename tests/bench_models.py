"""The model client's overhead beside the bare SDK and bare aiohttp, against an endpoint in a process of its own.

Run alone: `python -m tests.bench_models`; `make bench` prints it with the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema_rs
from openai import AsyncOpenAI, DefaultAioHttpClient
from rich.console import Console
from rich.table import Table

from toolscale.models import ModelAnswer, ModelClient, ModelRequest, ModelSettings

REQUESTS = 2000
IN_FLIGHT = 64
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "amount": {"type": "number"},
        "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "items": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "required": ["title", "amount", "date", "items"],
    "additionalProperties": False,
}
ANSWER = json.dumps({"title": "Rent of the flat", "amount": 1250.5, "date": "2025-06-16", "items": ["rent", "heating"]})
Way = Callable[[str], Awaitable[None]]


def _messages(number: int) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": "You write rows of a table as JSON. " * 20},
        {"role": "user", "content": f"Write row {number}."},
    ]


def _body(number: int) -> dict[str, Any]:
    named = {"name": "row", "schema": SCHEMA, "strict": True}
    response_format = {"type": "json_schema", "json_schema": named}
    return {"model": "scripted", "messages": _messages(number), "max_tokens": 500, "response_format": response_format}


async def _in_flight(one: Callable[[int], Awaitable[None]]) -> None:
    numbers = iter(range(REQUESTS))

    async def work() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def bare_aiohttp(base_url: str) -> None:
    """Post, parse, check: the least that anything can do."""
    validator = jsonschema_rs.validator_for(SCHEMA)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(number: int) -> None:
            async with session.post(f"{base_url}/chat/completions", json=_body(number)) as response:
                content = await response.json()
            validator.validate(json.loads(content["choices"][0]["message"]["content"]))

        await _in_flight(one)


async def _sdk(client: AsyncOpenAI) -> None:
    validator = jsonschema_rs.validator_for(SCHEMA)

    async def one(number: int) -> None:
        completion = await client.chat.completions.create(**_body(number))
        validator.validate(json.loads(completion.choices[0].message.content))

    await _in_flight(one)
    await client.close()


async def sdk(base_url: str) -> None:
    """The SDK as it comes."""
    await _sdk(AsyncOpenAI(base_url=base_url, api_key="none"))


async def sdk_on_aiohttp(base_url: str) -> None:
    """The SDK over its aiohttp transport."""
    await _sdk(AsyncOpenAI(base_url=base_url, api_key="none", http_client=DefaultAioHttpClient()))


async def sdk_lowest(base_url: str) -> None:
    """The SDK's lowest call over its aiohttp transport: nothing is made of the answer but its JSON."""
    validator = jsonschema_rs.validator_for(SCHEMA)
    async with AsyncOpenAI(base_url=base_url, api_key="none", http_client=DefaultAioHttpClient()) as client:

        async def one(number: int) -> None:
            content: Any = await client.post("/chat/completions", body=_body(number), cast_to=object)
            validator.validate(json.loads(content["choices"][0]["message"]["content"]))

        await _in_flight(one)


async def _client(base_url: str, cache: Path | None) -> None:
    settings = ModelSettings(
        model="scripted", base_url=base_url, concurrency_start=IN_FLIGHT, concurrency_max=IN_FLIGHT, cache=cache
    )
    requests = [
        ModelRequest(_messages(n), "bench", schema=SCHEMA, schema_name="row", max_tokens=500) for n in range(REQUESTS)
    ]
    async with ModelClient(settings) as client:
        answers = await client.answers(requests)
    assert all(isinstance(answer, ModelAnswer) for answer in answers)


async def client(base_url: str) -> None:
    """The client: paced, checked, counted."""
    await _client(base_url, None)


async def client_with_cache(base_url: str) -> None:
    """The client with its disk cache."""
    with tempfile.TemporaryDirectory() as folder:
        await _client(base_url, Path(folder) / "answers.sqlite")


@contextmanager
def endpoint_process(text: str) -> Iterator[str]:
    """Serve `text` as the answer to everything from another process; gives the address."""
    command = [sys.executable, "-m", "tests.endpoint", text]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


WAYS: dict[str, Way] = {
    "bare aiohttp, checked": bare_aiohttp,
    "toolscale": client,
    "toolscale with its cache": client_with_cache,
    "openai SDK's lowest call on aiohttp, checked": sdk_lowest,
    "openai SDK on aiohttp, checked": sdk_on_aiohttp,
    "openai SDK as it comes, checked": sdk,
}


def model_rates(table: Table) -> None:
    """CPU and rows a second of each way, the best of two rounds, so that other work on the machine counts less."""
    spent: dict[str, tuple[float, float]] = {}
    with endpoint_process(ANSWER) as base_url:
        for _ in range(2):
            for name, way in WAYS.items():
                cpu, wall = time.process_time(), time.monotonic()
                asyncio.run(way(base_url))
                now = time.process_time() - cpu, time.monotonic() - wall
                spent[name] = min(now, spent.get(name, now))
    bare = spent["bare aiohttp, checked"][0]
    for name, (cpu, wall) in spent.items():
        table.add_row(
            f"{REQUESTS:,} structured requests, {IN_FLIGHT} in flight: {name}",
            f"{1000 * cpu / REQUESTS:.2f} ms CPU a row ({cpu / bare:.2f} times bare), {REQUESTS / wall:,.0f} rows a second",
        )


def main() -> None:
    """Measure, and print the table."""
    table = Table("what", "figure", title=f"{os.cpu_count()} cores")
    model_rates(table)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
