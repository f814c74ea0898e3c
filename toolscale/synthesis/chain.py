"""A chain: the requests of one caller as they are bound and run, each on the state that the earlier ones left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from toolscale.domain.format import IntentFormat
from toolscale.environment.difference import StateDifference
from toolscale.synthesis.intents import Binding
from toolscale.synthesis.reference import ReferenceRun, Rejected
from toolscale.task import Fact, Request


@dataclass(frozen=True, slots=True)
class Link:
    """One intent of a chain with the binding that it was given, and the bindings that it might have been given."""

    intent: IntentFormat
    binding: Binding
    others: Sequence[Binding]


@dataclass(slots=True)
class Chain:
    """What has become of the requests so far: `identified_in` is the number of the one in which the caller was identified."""

    run: ReferenceRun
    links: list[Link] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    identity: tuple[Fact, ...] = ()
    identified_in: int = 0
    unknown: tuple[str, ...] = ()
    difference: StateDifference = field(default_factory=lambda: StateDifference(()))


class Infeasible(Rejected):
    """The earlier requests of a chain left no situation for its lead."""

    def __init__(self, lead: str, caller: Any) -> None:
        super().__init__("infeasible", f"the earlier requests left no situation for {lead}", str(caller))
