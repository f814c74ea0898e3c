"""The situations of one database's callers: what any author draws from."""

from __future__ import annotations

from typing import Any

from toolscale import __version__
from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment
from toolscale.orchestration.offers import Offers
from toolscale.randomness import key_of
from toolscale.synthesis.held_out import held_out
from toolscale.synthesis.intents import Binding, Intents, ready
from toolscale.synthesis.reference import Rejected
from toolscale.synthesis.templates import TemplateFault
from toolscale.task import Fact, Origin


class Situations:
    """What an author draws from: the situations of one database's callers by intent, in an order that nothing changes."""

    def __init__(
        self,
        folder: DomainFolder,
        *,
        seed: int,
        database_seed: int,
        unseen: bool,
        scale: float = 1,
        tested: bool = False,
        environment: Environment | None = None,
    ) -> None:
        self.folder = folder
        self.environment = environment or Environment.of(folder, seed=database_seed, scale=scale)
        self.offers = Offers(folder, self.environment.compiled, unseen=unseen, tested=tested)
        self.intents: Intents = ready(folder)
        self.seed = seed
        self.database_seed = database_seed
        away = held_out(folder)
        self.offered = sorted(name for name in folder.intents if (name in away) == unseen)
        self.pools: dict[str, dict[Any, list[Binding]]] = {}
        with self.environment.episode() as episode:
            self._callers = self.intents.callers(episode)
            for intent in self.offered:
                pool: dict[Any, list[Binding]] = {}
                for binding in self.intents.candidates(intent, episode):
                    if binding[self.intents.key] in self._callers:
                        pool.setdefault(binding[self.intents.key], []).append(binding)
                if pool:
                    self.pools[intent] = pool

    def key(self, number: int) -> tuple[Any, ...]:
        """Return what everything in draw `number` is drawn by."""
        return (self.seed, self.folder.name, self.database_seed, number)

    def lead(self, number: int) -> str:
        """Return the intent that leads draw `number`: each leads equally often, a new shuffle of all of them each round."""
        turn, place = divmod(number, len(self.offered))
        order = sorted(self.offered, key=lambda name: key_of("lead", self.seed, self.database_seed, turn, name))
        return order[place]

    def pool(self, intent: str) -> dict[Any, list[Binding]]:
        """Return the situations in which callers have an intent, by caller. Raises Rejected if there is none."""
        if intent not in self.pools:
            raise Rejected("bindings", "no caller is in the situation that the intent binds", intent)
        return self.pools[intent]

    def name_of(self, caller: Any) -> str:
        """Return what a caller is called."""
        return self.text(self.intents.caller.name, self._callers[caller])

    def origin(self, author: str, number: int) -> Origin:
        """Return the origin of the task of draw `number`."""
        return Origin(author, __version__, self.seed, self.database_seed, number)

    def facts(self, known_info: dict[str, Any], binding: Binding) -> tuple[Fact, ...]:
        """Return what a caller in this situation knows. Raises Rejected."""
        try:
            values = {about: self.intents.templates.value(value, binding) for about, value in known_info.items()}
        except TemplateFault as fault:
            raise Rejected("template", "known information does not render", str(fault)) from None
        for about, value in values.items():
            if not all(isinstance(item, str | int | float) for item in (value if isinstance(value, list) else [value])):
                raise Rejected("template", f"what is known of '{about}' is no text and no number", repr(value)[:200])
        return tuple(Fact(about, value) for about, value in values.items())

    def text(self, template: str, values: Binding) -> str:
        """Return a text for people, without line breaks. Raises Rejected."""
        try:
            return " ".join(self.intents.templates.text(template, values).split())
        except TemplateFault as fault:
            raise Rejected("template", "a text does not render", str(fault)) from None
