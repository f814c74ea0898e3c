"""A streamed answer, put together from its pieces."""

from __future__ import annotations

from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall


class StreamedAnswer:
    """One answer as far as it has come."""

    def __init__(self) -> None:
        self._state = ChatCompletionStreamState()
        self._calls = 0
        self.finished = False
        """Whether the endpoint has said why the answer ends."""

    def add(self, chunk: ChatCompletionChunk) -> None:
        """Add the next piece. Raises ValueError if it does not fit those before."""
        for choice in chunk.choices:
            for piece in choice.delta.tool_calls or ():
                if getattr(piece, "index", None) is None:  # some servers leave it out, and the SDK needs it
                    piece.index = self._place(piece)
            self.finished = self.finished or bool(choice.finish_reason)
        try:
            self._state.handle_chunk(chunk)
        except (RuntimeError, AssertionError) as error:
            raise ValueError(f"a piece does not fit those before: {error}") from None

    def whole(self) -> dict[str, Any]:
        """Return the answer as the endpoint gives it without streaming."""
        return self._state.current_completion_snapshot.to_dict()

    def _place(self, piece: ChoiceDeltaToolCall) -> int:
        """Return the number of a piece's call: an id or a name begins one, without these it goes on with the last."""
        begins = piece.id or (piece.function is not None and piece.function.name)
        if begins or not self._calls:
            self._calls += 1
        return self._calls - 1
