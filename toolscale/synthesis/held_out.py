"""What train never sees of a domain: some intents, and the tools that only these make use of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from toolscale.domain.folder import DomainFolder
from toolscale.randomness import key_of

HELD_OUT_SHARE = 0.2
RARE = 2
"""A tool of no more intents than this may be held out, with all of its intents."""


def held_out(folder: DomainFolder) -> frozenset[str]:
    """Return the intents that train never sees: a fifth of the plain, the conditional and the refused ones each.

    Half of them at most are chosen together with a tool that nothing else needs, so that train never sees that tool either.
    They depend on the domain alone, so that they stay held out in every build.
    """
    kinds = _kinds(folder)
    quota = {kind: _quota(count) for kind, count in Counter(kinds.values()).items()}
    chosen = _with_their_tools(folder, kinds, {kind: count // 2 for kind, count in quota.items()})
    for name in sorted(kinds, key=lambda name: key_of("held out", folder.name, name)):
        if name not in chosen and sum(kinds[other] == kinds[name] for other in chosen) < quota[kinds[name]]:
            chosen.add(name)
    return frozenset(chosen)


def used_tools(folder: DomainFolder, intents: Collection[str]) -> frozenset[str]:
    """Return the tools that references or wishes of these intents, or the ways of identifying a caller, make use of."""
    ways = {step.tool for way in folder.caller.ways for step in way.reference}
    return frozenset(ways.union(*(_tools(folder, name) for name in intents)))


def held_back_tools(folder: DomainFolder) -> frozenset[str]:
    """Return the domain's tools that no task of train needs: only test_unseen offers them."""
    return frozenset(folder.domain.tools) - used_tools(folder, folder.intents.keys() - held_out(folder))


def _with_their_tools(folder: DomainFolder, kinds: Mapping[str, str], room: Mapping[str, int]) -> set[str]:
    """Choose tools, with all of their intents, as long as there is room for intents of each kind."""
    chosen: set[str] = set()
    for tool in sorted(folder.domain.tools, key=lambda name: key_of("held back", folder.name, name)):
        intents = {name for name in kinds if tool in _tools(folder, name)}
        counts = Counter(kinds[name] for name in chosen | intents)
        if 0 < len(intents) <= RARE and all(count <= room[kind] for kind, count in counts.items()):
            chosen |= intents
    return chosen


def _tools(folder: DomainFolder, intent: str) -> set[str]:
    known = folder.intents[intent]
    return {*(step.tool for step in known.reference), *(known.wish or ())}


def _kinds(folder: DomainFolder) -> dict[str, str]:
    return {
        intent.id: "refused"
        if intent.refused
        else "conditional"
        if any(step.when for step in intent.reference)
        else "plain"
        for intent in folder.intents.values()
    }


def _quota(count: int) -> int:
    return round(HELD_OUT_SHARE * count) or (1 if count > 1 else 0)
