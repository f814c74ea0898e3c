"""NeMo Gym: a resources server, by the HTTP contract of its servers: seed_session, a route a tool, verify, close_session.

A session is a cookie, as there. The score is what `verify` answers to whoever trains; the agent's routes are the tools alone.
"""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from toolscale.errors import BuildError
from toolscale.formats.calls_only import CallsOnlyEpisode
from toolscale.shards.build import Build

COOKIE = "toolscale_session"
MOST_SESSIONS = 4096
"""Episodes that are open at once; the oldest ends when one more begins, so that lost clients cost no memory."""


def resources_server(build: Build) -> FastAPI:
    """Return the resources server of a build, for uvicorn or any other ASGI server."""
    app = FastAPI(title="toolscale", docs_url=None, redoc_url=None)
    sessions: dict[str, CallsOnlyEpisode] = {}

    def session_of(request: Request) -> CallsOnlyEpisode:
        played = sessions.get(request.cookies.get(COOKIE, ""))
        if played is None:
            raise HTTPException(409, "There is no session: POST /seed_session with the row, and keep its cookie.")
        return played

    def end(name: str) -> None:
        if played := sessions.pop(name, None):
            played.__exit__(None, None, None)

    @app.post("/seed_session")
    async def seed_session(request: Request) -> Response:
        row = await request.json()
        if not isinstance(row, dict) or not isinstance(row.get("task_id"), str):
            raise HTTPException(422, "The row has no task_id.")
        end(request.cookies.get(COOKIE, ""))
        if len(sessions) >= MOST_SESSIONS:
            end(next(iter(sessions)))
        try:
            task = build.task(row["task_id"])
        except BuildError as error:
            raise HTTPException(404, str(error)) from None
        name = secrets.token_urlsafe(24)
        sessions[name] = CallsOnlyEpisode(task, build.environment_for(task), key=str(row.get("key", "")))
        answer = JSONResponse({})
        answer.set_cookie(COOKIE, name, httponly=True)
        return answer

    @app.post("/verify")
    async def verify(request: Request) -> dict[str, Any]:
        body = await request.json()
        result = session_of(request).result()
        end(request.cookies.get(COOKIE, ""))
        return {**body, "reward": float(result["score"]), "failed": result["failed"]}

    @app.post("/close_session")
    async def close_session(request: Request) -> dict[str, Any]:
        end(request.cookies.get(COOKIE, ""))
        return {}

    @app.post("/{tool}")
    async def call(tool: str, request: Request) -> Response:
        arguments = await request.json()
        answer = session_of(request).call(tool, arguments if isinstance(arguments, dict) else {"": arguments})
        return PlainTextResponse(answer.text)

    return app
