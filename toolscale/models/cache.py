"""The disk cache: every answer that was paid for, by the whole request that it answers.

An answer is committed before anybody sees it, so a process that is killed pays again only for what was in flight. Any number of
processes may share the file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import apsw
import pydantic_core

from toolscale.errors import Place, ToolscaleError
from toolscale.models.request import Completion

_FORMAT = 1
_BUSY_MILLISECONDS = 30_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,      -- SHA-256 of the request
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,      -- name@digest of the template
    answer TEXT NOT NULL,      -- JSON of the completion
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL
) STRICT, WITHOUT ROWID
"""


class AnswerCache:
    """Paid answers in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
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

    def get(self, key: str) -> Completion | None:
        """Return the answer to a request, None if it was never paid for."""
        row = self._connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        content: dict[str, Any] = pydantic_core.from_json(row[0])
        return Completion(**{**content, "tool_calls": tuple(content["tool_calls"])})

    def put(self, key: str, completion: Completion, *, model: str, prompt: str) -> None:
        """Keep an answer. The first one stays if another process was quicker, so that all see the same."""
        self._connection.execute(
            "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
            (
                key,
                model,
                prompt,
                pydantic_core.to_json(completion).decode(),
                completion.tokens_in,
                completion.tokens_out,
            ),
        )

    def mean_tokens_out(self, model: str, prompt: str) -> float | None:
        """Return the mean length of the answers (tokens) that a prompt got so far, None if there are none."""
        query = "SELECT avg(tokens_out) FROM answers WHERE model = ? AND prompt = ?"
        (mean,) = self._connection.execute(query, (model, prompt)).fetchone() or (None,)
        return mean

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def key_of_request(*parts: Any) -> str:
    """Return the SHA-256 of all that a request says, 64 hex digits; the parts are JSON values or None."""
    return hashlib.sha256(pydantic_core.to_json(parts)).hexdigest()
