"""How many requests are in flight: one more for each window that went well, half when the endpoint says too many."""

from __future__ import annotations

import asyncio
from collections import deque


class Pace:
    """Additive increase, multiplicative decrease (Chiu and Jain, 1989), within 1 and `most`."""

    def __init__(self, start: int, most: int) -> None:
        self.limit = float(start)
        self.in_flight = 0
        self._most = most
        self._held_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._decreases = 0

    async def begin(self) -> int:
        """Wait for a turn, and take it: `end` must follow. Returns the number of decreases so far, for `too_many`."""
        while self.in_flight >= int(self.limit):
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                self._wake()  # whoever woke this one meant it for somebody
                raise
        self.in_flight += 1
        if self._held_until:
            try:
                await self._until_allowed()
            except asyncio.CancelledError:
                self.end()
                raise
        return self._decreases

    def end(self) -> None:
        """Give a turn back."""
        self.in_flight -= 1
        self._wake()

    def went_well(self) -> None:
        """Note an answer: `limit` of them make room for one request more."""
        if self.limit < self._most:
            self.limit = min(float(self._most), self.limit + 1 / self.limit)
            self._wake()

    def too_many(self, seen: int, wait: float) -> None:
        """Halve the limit, once for all requests that were sent under it, and send nothing for `wait` seconds.

        `seen` is what `begin` gave to the request that was refused.
        """
        if seen == self._decreases:
            self.limit = max(1.0, self.limit / 2)
            self._decreases += 1
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + wait)

    async def _until_allowed(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._held_until - loop.time()) > 0:
            await asyncio.sleep(left)

    def _wake(self) -> None:
        free = int(self.limit) - self.in_flight
        while self._waiting and free > 0:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                free -= 1
