"""MCP: the tools of one episode, and the user, for any MCP client, over stdio or streamable HTTP.

The instructions of the server are the system prompt and the user's first words. The server lives as long as the call, and gives
the result to whoever started it; no tool, prompt or resource of it tells the client a score.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from toolscale import __version__
from toolscale.errors import ToolscaleError
from toolscale.formats.calls_only import CallsOnlyEpisode

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

PATH = "/mcp"


def mcp_server(played: CallsOnlyEpisode) -> Server[Any]:
    """Return the MCP server of one episode. Raises ToolscaleError if the MCP SDK is not installed."""
    try:
        from mcp import types
        from mcp.server.lowlevel import Server
    except ImportError:
        raise ToolscaleError(
            "serving needs the MCP SDK, version 2 or newer", remedy="pip install 'toolscale[interop]'"
        ) from None

    tools = [
        types.Tool(
            name=schema["function"]["name"],
            description=schema["function"]["description"],
            input_schema=schema["function"]["parameters"],
        )
        for schema in played.tools
    ]

    async def list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools)

    async def call_tool(_: Any, called: types.CallToolRequestParams) -> types.CallToolResult:
        answer = played.call(called.name, called.arguments or {})
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=answer.text)],
            is_error=not answer.ok,
        )

    return Server(
        "toolscale",
        version=__version__,
        instructions=f"{played.system_prompt}\n\nThe user says:\n{played.opening}",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(played: CallsOnlyEpisode) -> None:
    """Serve one client over standard input and output, until it hangs up."""
    server = mcp_server(played)  # says what to install if the SDK is missing
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def serve_http(played: CallsOnlyEpisode, host: str, port: int) -> None:
    """Serve streamable HTTP at `host:port/mcp` until the call has ended, or until the process is told to stop."""
    import anyio
    import uvicorn

    app = mcp_server(played).streamable_http_app(streamable_http_path=PATH, host=host)
    listening = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)
    )

    async def stop_after_the_call() -> None:
        while not played.over and not listening.should_exit:
            await anyio.sleep(0.2)
        listening.should_exit = True  # answers under way are still sent

    async with anyio.create_task_group() as group:
        group.start_soon(stop_after_the_call)
        with suppress(
            KeyboardInterrupt
        ):  # uvicorn shuts down in order, and then raises the signal that it was told to stop by
            await listening.serve()
        group.cancel_scope.cancel()
