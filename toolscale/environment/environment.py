"""An environment: a domain and the database of one seed, on which any number of episodes run."""

from __future__ import annotations

import functools
from typing import Any

from toolscale.canonical import fingerprint
from toolscale.database.drawing import Drawing
from toolscale.database.filling import Database, fill
from toolscale.database.lockdown import Locked, Purpose, connect, lock
from toolscale.domain.domain import Domain
from toolscale.domain.folder import DomainFolder
from toolscale.environment.compiled import CompiledDomain, compiled
from toolscale.environment.episode import Episode
from toolscale.environment.recall import Recall, RecallingEpisode
from toolscale.policy import CALLS_TABLE


class Environment:
    """A domain and a database image. Episodes are independent; each holds a connection of its own while it runs."""

    def __init__(
        self,
        domain: Domain,
        database: Database,
        *,
        compiled_domain: CompiledDomain | None = None,
        drawing: Drawing | None = None,
    ) -> None:
        self.compiled = compiled_domain or compiled(domain)
        self.database = database
        self._drawing = drawing
        self._idle: list[Locked] = []
        self._recall: Recall | None = None

    @classmethod
    def of(cls, folder: DomainFolder, *, seed: int, scale: float = 1) -> Environment:
        """Fill a domain's database from `seed` and return its environment, whose episodes can also run bind queries.

        Raises DomainError.
        """
        about = folder.domain.about
        return cls(
            folder.domain,
            fill(folder, seed=seed, scale=scale),
            compiled_domain=compiled(folder.domain, folder.place),
            drawing=Drawing(seed=seed, clock=about.clock, locale=about.locale),
        )

    @property
    def domain(self) -> Domain:
        """The domain."""
        return self.compiled.domain

    @functools.cached_property
    def id(self) -> str:
        """The environment's id, derived from all that it holds."""
        return f"{self.domain.name}-{fingerprint(self.domain.fingerprint, self.database.content_hash)}"

    @property
    def tool_schemas(self) -> list[dict[str, Any]]:
        """The tools in OpenAI's function-calling format."""
        return list(self.compiled.tool_schemas)

    @property
    def system_prompt(self) -> str:
        """What the agent is told before the conversation: who it is, the time, the policy."""
        about = self.domain.about
        return (
            f"{about.agent.strip()}\n\nIt is {about.clock}.\n\nPolicy (rule ids in brackets):\n"
            f"{self.compiled.policy.text}"
        )

    def episode(self) -> Episode:
        """Start an episode. Any number may run at once; end each (or use `with`) so that its connection is reused."""
        locked = self._idle.pop() if self._idle else self._connect()
        return Episode(self.compiled, locked, self._idle.append)

    def recalling_episode(self) -> RecallingEpisode:
        """Start an episode that recalls what reads gave in others of its kind: for many variants of one trajectory."""
        self._recall = self._recall or Recall(self.compiled)
        locked = self._idle.pop() if self._idle else self._connect()
        return RecallingEpisode(self.compiled, locked, self._idle.append, self._recall)

    def _connect(self) -> Locked:
        locked = connect(Purpose.RUN, clock=self.domain.about.clock, image=self.database.image)
        locked.connection.execute(CALLS_TABLE)
        if self._drawing is not None:
            self._drawing.register(locked.connection)
        lock(locked)
        return locked
