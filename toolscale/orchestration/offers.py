"""Draws what a task offers: tools beside those that it needs, experts with one provider's prices, a preference.

Held apart: train offers no tool that only held-out intents need, none of the held-out experts and providers of the catalog, and
none of the preferences for tests; test_unseen offers those tools, and those experts and providers alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from toolscale.domain.folder import DomainFolder
from toolscale.environment.builtin import CALCULATE, ESCALATE
from toolscale.environment.compiled import CompiledDomain
from toolscale.models.prices import prices
from toolscale.orchestration.catalog import CatalogExpert, catalog
from toolscale.orchestration.offer import ASK_EXPERT, Expert, Orchestration, Preference
from toolscale.orchestration.preferences import preferences
from toolscale.randomness import KeyedRandom, draw, draw_weighted, key_of
from toolscale.synthesis.held_out import held_back_tools

SHARES: dict[float, float] = {1.0: 0.3, 0.7: 0.35, 0.4: 0.35}
"""How much of the tools that a task does not need it offers all the same, with the weight of each share."""
EXPERTS: dict[int, float] = {2: 0.2, 3: 0.35, 4: 0.3, 5: 0.15}
MOST_CLOSED = 2


class Offers:
    """Draws the offers of one domain's tasks. The same key always draws the same offer.

    `unseen` offers are for test_unseen, `tested` ones have the preferences for tests.
    """

    def __init__(self, folder: DomainFolder, compiled: CompiledDomain, *, unseen: bool, tested: bool) -> None:
        self._tools = compiled.tools
        self._held_back = held_back_tools(folder)
        self._unseen = unseen
        self._providers = catalog().providers(held_out=unseen)
        self._pairs = preferences().of_use("test" if tested or unseen else "train")

    def drawn(self, needed: Iterable[str], key: Sequence[Any]) -> tuple[tuple[str, ...], Orchestration]:
        """Return the tools that a task offers, which needs some, and the rest of its offer."""
        tools = self._drawn_tools({*needed, CALCULATE, ESCALATE}, key)
        return tools, self._drawn_orchestration(tools[:-1], key)

    def _drawn_tools(self, needed: Collection[str], key: Sequence[Any]) -> tuple[str, ...]:
        share = draw_weighted(SHARES, "share of tools", *key)

        def is_offered(name: str) -> bool:
            if name in needed:
                return True
            if name in self._held_back:
                return self._unseen
            return KeyedRandom.of("tool", name, *key).random() < share

        return (*(name for name in self._tools if is_offered(name)), ASK_EXPERT)

    def _drawn_orchestration(self, tools: Sequence[str], key: Sequence[Any]) -> Orchestration:
        listed = catalog()
        provider = draw(self._providers, "provider", *key)
        sold = listed.sold(provider, held_out=self._unseen)
        experts = [expert.offered(provider) for expert in _chosen(sold, draw_weighted(EXPERTS, "experts", *key), key)]
        orchestrator = listed.orchestrator.at(provider)
        assert orchestrator is not None
        return Orchestration(
            provider=provider,
            priced_on=prices().providers[provider].date,
            orchestrator=orchestrator,
            experts=tuple(experts),
            preference=self._drawn_preference(tools, experts, key),
        )

    def _drawn_preference(self, tools: Sequence[str], experts: Sequence[Expert], key: Sequence[Any]) -> Preference:
        pair = draw([pair for pair in self._pairs if pair.fits(tools, experts)], "preference", *key)
        reads = [name for name in tools if self._tools[name].effect is None]
        return Preference(pair.id, draw(pair.says, "instruction", *key), pair.vector(tools, reads, experts))


def _chosen(sold: Sequence[CatalogExpert], count: int, key: Sequence[Any]) -> list[CatalogExpert]:
    """Return so many experts in a drawn order: a generalist, and no more than two that are closed."""
    order = sorted(sold, key=lambda expert: key_of("expert", expert.name, *key))
    chosen = [next(expert for expert in order if expert.kind == "generalist")]
    for expert in order:
        closed = sum(other.maker is not None for other in chosen)
        if len(chosen) < count and expert not in chosen and (expert.maker is None or closed < MOST_CLOSED):
            chosen.append(expert)
    return sorted(chosen, key=lambda expert: key_of("expert", expert.name, *key))
