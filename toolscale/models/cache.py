"""The disk cache: every answer that was paid for, by the whole request that it answers.

An answer is committed before anybody sees it, so a process that is killed pays again only for what was in flight. Any number of
processes may share the file.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import apsw
import pydantic_core

from toolscale.errors import Place, ToolscaleError
from toolscale.models.request import Completion

_FORMAT = 1
_BUSY_MILLISECONDS = 30_000
_GATHER_SECONDS = 0.01  # answers that come together are committed together: a commit costs more than a row
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB NOT NULL UNIQUE,  -- SHA-256 of the request
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,      -- name@digest of the template
    answer TEXT NOT NULL,      -- JSON of the completion
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL
) STRICT  -- rows in the order in which they come: a table by key would write a page for each
"""


class AnswerCache:
    """Paid answers in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: list[tuple[bytes, str, str, str, int, int]] = []
        self._written: asyncio.Future[None] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(_BUSY_MILLISECONDS)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")  # a kill loses nothing, a power cut the last few
            (found,) = self._connection.execute("PRAGMA user_version").fetchone() or (0,)
            if found not in (0, _FORMAT):
                raise ToolscaleError(
                    f"the answer cache has format {found}, this toolscale writes {_FORMAT}",
                    remedy="Name another file.",
                    place=Place(str(path)),
                )
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version = {_FORMAT}")
        except apsw.Error as error:
            raise ToolscaleError(
                f"the answer cache can't be opened: {error}",
                remedy="Name another file, or remove this one: its answers would be paid for again.",
                place=Place(str(path)),
            ) from None

    def get(self, key: bytes) -> Completion | None:
        """Return the answer to a request, None if it was never paid for."""
        row = self._connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        content: dict[str, Any] = pydantic_core.from_json(row[0])
        return Completion(**{**content, "tool_calls": tuple(content["tool_calls"])})

    async def put(self, key: bytes, completion: Completion, *, model: str, prompt: str) -> None:
        """Keep an answer, and return when it is on disk.

        The first answer to a request stays if another process was quicker.
        """
        text = pydantic_core.to_json(completion).decode()
        self._pending.append((key, model, prompt, text, completion.tokens_in, completion.tokens_out))
        if self._written is None:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            loop.call_later(_GATHER_SECONDS, self._write)
        await asyncio.shield(self._written)

    def _write(self) -> None:
        rows, written = self._pending, self._written
        if written is None:  # the file was closed meanwhile
            return
        self._pending, self._written = [], None
        try:
            with self._connection:
                self._connection.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)", rows)
        except apsw.Error as error:
            cause = f"an answer can't be kept: {error}"
            written.set_exception(ToolscaleError(cause, remedy="Is the disk full?", place=Place(str(self._path))))
        else:
            written.set_result(None)

    def mean_tokens_out(self, model: str, prompt: str) -> float | None:
        """Return the mean length of the answers (tokens) that a prompt got so far, None if there are none."""
        query = "SELECT avg(tokens_out) FROM answers WHERE model = ? AND prompt = ?"
        (mean,) = self._connection.execute(query, (model, prompt)).fetchone() or (None,)
        return mean

    def close(self) -> None:
        """Write what waits, and close the file."""
        if self._written is not None:
            self._write()
        self._connection.close()


def key_of_request(*parts: Any) -> bytes:
    """Return the SHA-256 of all that a request says; the parts are JSON values or None."""
    return hashlib.sha256(pydantic_core.to_json(parts)).digest()
