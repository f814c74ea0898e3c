"""The procedural author: draws candidates from intents and a database, and turns each into a task or a rejection."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolscale.canonical import canonical_json, fingerprint
from toolscale.domain.folder import DomainFolder
from toolscale.domain.format import Identification, IntentFormat
from toolscale.environment.environment import Environment
from toolscale.randomness import KeyedRandom, draw, draw_weighted, key_of
from toolscale.scoring.said import Statement
from toolscale.synthesis import twists
from toolscale.synthesis.chain import Chain, Infeasible, Link
from toolscale.synthesis.composition import Composed
from toolscale.synthesis.intents import Binding
from toolscale.synthesis.phrases import personas
from toolscale.synthesis.reference import ReferenceRun, Rejected
from toolscale.synthesis.situations import Situations
from toolscale.task import Fact, Request, Task, Trajectory, Twist, UserScenario, Verdict

AUTHOR = "procedural"
CHAIN_LENGTHS: dict[int, float] = {1: 0.22, 2: 0.36, 3: 0.27, 4: 0.15}
OTHERS = 4


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate that is no task, kept with the rule, the reason and the evidence."""

    id: str
    domain: str
    database_seed: int
    draw: int
    intents: tuple[str, ...]
    rule: str
    reason: str
    evidence: str
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A task with its reference trajectory and the verdict of every rule."""

    task: Task
    trajectory: Trajectory
    verdicts: tuple[Verdict, ...]


Judge = Callable[[Task, Trajectory, Environment], Sequence[Verdict]]


def rejection_of(
    situations: Situations, number: int, fault: Rejected, task: Task | None, *, step: str = ""
) -> Rejection:
    """Return draw `number` as a rejection; `step` tells several of one draw apart."""
    name = ("rejection", *situations.key(number), *([step] if step else []))
    return Rejection(
        id=f"{situations.folder.name}-{fingerprint(*name)}",
        domain=situations.folder.name,
        database_seed=situations.database_seed,
        draw=number,
        intents=task.intents if task else (situations.lead(number),),
        rule=fault.rule,
        reason=fault.reason,
        evidence=fault.evidence[:4000],
        task=task,
    )


def judged(task: Task, trajectory: Trajectory, environment: Environment, judge: Judge) -> Accepted:
    """Return the task with its verdicts. Raises Rejected with the first rule that it fails."""
    verdicts = tuple(judge(task, trajectory, environment))
    for verdict in verdicts:
        if not verdict.passed:
            raise Rejected(verdict.rule, f"the rule {verdict.rule} fails", verdict.evidence)
    return Accepted(task, trajectory, verdicts)


class Seen:
    """The references of one database so far: of two tasks with the same one, the later is a duplicate."""

    def __init__(self) -> None:
        self._identities: set[str] = set()

    def add(self, task: Task) -> None:
        """Note a task. Raises Rejected if another one with its reference was noted before."""
        identity = fingerprint(task.environment_id, [[c.tool, c.arguments] for c in task.reference])
        if identity in self._identities:
            raise Rejected("duplicate", "another task of this database has the same reference", identity)
        self._identities.add(identity)


class ProceduralAuthor:
    """Draws candidates on one database. Draw number i is always the same candidate, whoever draws it and when.

    The database is filled from `database_seed` at `scale`, unless an `environment` that was made of them is given.
    """

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
        self.situations = Situations(
            folder,
            seed=seed,
            database_seed=database_seed,
            unseen=unseen,
            scale=scale,
            tested=tested,
            environment=environment,
        )
        self.environment = self.situations.environment
        self._intents = self.situations.intents
        self._seen = Seen()

    def candidate(self, number: int, judge: Judge) -> Accepted | Rejection:
        """Draw candidate `number` and judge it."""
        task: Task | None = None
        try:
            task, trajectory = self.composed(number).written(self.environment, self.situations.offers)
            self._seen.add(task)
            return judged(task, trajectory, self.environment, judge)
        except Rejected as fault:
            return rejection_of(self.situations, number, fault, task)

    def candidates(self, judge: Judge, *, repeated: Collection[int] = ()) -> Iterator[Accepted | Rejection]:
        """Yield candidates without end; the draws in `repeated` are rejected as duplicates of another database's tasks."""
        for number in itertools.count():
            candidate = self.candidate(number, judge)
            if number in repeated and isinstance(candidate, Accepted):
                reason = "a task of another database says and does nearly the same"
                candidate = rejection_of(self.situations, number, Rejected("duplicate", reason), candidate.task)
            yield candidate

    def composed(self, number: int) -> Composed:
        """Compose draw `number`. Raises Rejected."""
        key, lead = self.situations.key(number), self.situations.lead(number)
        pool = self.situations.pool(lead)
        persona = draw(personas(), "persona", *key)
        way_number = KeyedRandom.of("way", *key).randrange(len(self._intents.caller.ways))
        way = self._intents.caller.ways[way_number]
        caller = draw(sorted(pool, key=str), "caller", *key)
        order = self._chained(lead, caller, key)
        try:
            chain = self._chain(lead, order, caller, way, key)
        except Infeasible:
            first = [lead, *([] if self._ends_the_call(lead) else [name for name in order if name != lead])]
            if first == order:
                raise
            chain = self._chain(lead, first, caller, way, key)
        run, links = chain.run, chain.links
        scenario = UserScenario(
            name=self.situations.name_of(caller),
            persona=persona.description,
            register=persona.register,
            identity=chain.identity,
            identified_in=chain.identified_in,
            unknown=chain.unknown,
            requests=tuple(chain.requests),
            twist=None,
        )
        intents = [link.intent.id for link in links]
        return Composed.of_run(
            run,
            self._twisted(scenario, links, run, key),
            chain.difference,
            intents=intents,
            conditional=any(name in self._intents.conditional for name in intents),
            refusals=[link.intent.refused for link in links],
            bindings=[link.binding for link in links],
            origin=self.situations.origin(AUTHOR, number),
            key=key,
        )

    def _chain(self, lead: str, order: Sequence[str], caller: Any, way: Identification, key: tuple[Any, ...]) -> Chain:
        """Run the intents one after the other, each bound on the state that the earlier ones left.

        An intent for which they left no situation is passed over. Raises Infeasible where that is the lead, Rejected for what
        makes no task.
        """
        with self.environment.episode() as episode:
            chain = Chain(ReferenceRun(self.environment, episode, self._intents.templates))
            for intent_id in order:
                own = self._intents.caller_now(caller, episode)
                bindings = self._intents.candidates_of(intent_id, caller, episode) if own else []
                if own is not None and bindings:
                    self._add(chain, self._intents.by_id[intent_id], own, bindings, way, key)
                elif intent_id == lead:
                    raise Infeasible(lead, caller)
            chain.difference = episode.difference()
        return chain

    def _add(
        self,
        chain: Chain,
        intent: IntentFormat,
        own: Binding,
        bindings: Sequence[Binding],
        way: Identification,
        key: tuple[Any, ...],
    ) -> None:
        """Bind an intent and run it as the next request of the chain. Raises Rejected."""
        run, request = chain.run, len(chain.links)
        binding = merged(own, draw(bindings, "binding", intent.id, *key), intent.id)
        if intent.identify and not chain.identity:
            chain.identity = self.situations.facts(way.known_info, binding)
            chain.unknown = tuple(way.unknown_info)
            chain.identified_in = request
            run.identify(way.reference, binding, chain.identity, request)
        facts = self.situations.facts(intent.user.known_info, binding)
        reason = self.situations.text(self._phrasing(intent, key), binding)
        fitting = self._in_these_words(intent, own, bindings, binding, (reason, facts), key)
        ends = [run.end_of(intent, other, facts, request) for other in fitting]
        run.request(intent, binding, facts, request)
        for other, end in zip(fitting, ends, strict=True):
            if end is not None and end != run.end:
                raise Rejected("unambiguous", f"the words of {intent.id} fit another row too", canonical_json(other))
        chain.links.append(Link(intent, binding, bindings if len(bindings) > 1 else self._of_others(intent.id, key)))
        chain.requests.append(
            Request(
                intent=intent.id,
                reason=reason,
                facts=facts,
                unknown=tuple(intent.user.unknown_info),
                asks=self._asked(intent, binding, run.statements[-1]),
            )
        )

    def _phrasing(self, intent: IntentFormat, key: tuple[Any, ...]) -> str:
        return draw(intent.user.reason_for_call, "reason", intent.id, *key)

    def _in_these_words(
        self,
        intent: IntentFormat,
        own: Binding,
        bindings: Sequence[Binding],
        binding: Binding,
        words: tuple[str, tuple[Fact, ...]],
        key: tuple[Any, ...],
    ) -> list[Binding]:
        """Return other situations of the caller in which they would say the very same."""
        others = [merged(own, other, intent.id) for other in bindings]
        fitting = (
            other
            for other in others
            if other != binding
            and self.situations.facts(intent.user.known_info, other) == words[1]
            and self.situations.text(self._phrasing(intent, key), other) == words[0]
        )
        return list(itertools.islice(fitting, OTHERS))

    def _of_others(self, intent: str, key: tuple[Any, ...]) -> list[Binding]:
        """Return what a few other callers would want of this intent: what this one may have wanted first."""
        pool = self.situations.pools[intent]
        callers = sorted(pool, key=lambda caller: key_of("others", str(caller), *key))[:OTHERS]
        return [pool[caller][0] for caller in callers]

    def _chained(self, lead: str, caller: Any, key: tuple[Any, ...]) -> list[str]:
        intent = self._intents.by_id[lead]
        if intent.alone:
            return [lead]
        length = draw_weighted(CHAIN_LENGTHS, "length", *key)
        chosen: list[str] = []
        for other in sorted(self.situations.pools, key=lambda name: key_of("chain", name, *key)):
            if len(chosen) + 1 >= length:
                break
            candidate = self._intents.by_id[other]
            fits = not candidate.alone and not self._intents.is_escalated(candidate)
            if other != lead and fits and caller in self.situations.pools[other]:
                chosen.append(other)
        if self._ends_the_call(lead):
            return [*chosen, lead]
        place = KeyedRandom.of("place", *key).randrange(len(chosen) + 1)
        return [*chosen[:place], lead, *chosen[place:]]

    def _ends_the_call(self, intent: str) -> bool:
        return self._intents.is_escalated(self._intents.by_id[intent])

    def _twisted(
        self, scenario: UserScenario, links: Sequence[Link], run: ReferenceRun, key: tuple[Any, ...]
    ) -> UserScenario:
        kind = twists.drawn_kind(*key)
        twist: Twist | None = None
        if kind == "distraction":
            twist = twists.distraction(scenario.register, len(links), *key)
        elif kind == "impossible wish":
            twist = twists.impossible_wish(self.folder.domain.about.impossible_wishes, len(links), *key)
        elif kind == "wrong detail" and scenario.identified_in == 0:
            with self.environment.episode() as pristine:
                twist = twists.wrong_detail(scenario.identity, run.calls, pristine, *key)
        elif kind == "change of mind":
            situations = [
                twists.Situation(request, link.intent.reference, link.intent.user.known_info, link.binding, link.others)
                for request, link in zip(scenario.requests, links, strict=True)
            ]
            confirmed = self.environment.compiled.policy.confirmed_tools
            found = twists.change_of_mind(situations, run.calls, confirmed, self._intents.templates, *key)
            if found is not None:
                twist, first = found
                link = links[twist.request]
                requests = list(scenario.requests)
                reason = self.situations.text(self._phrasing(link.intent, key), {**link.binding, **first})
                requests[twist.request] = replace(requests[twist.request], reason=reason)
                scenario = replace(scenario, requests=tuple(requests))
        return replace(scenario, twist=twist)

    def _asked(self, intent: IntentFormat, binding: Binding, due: Sequence[Statement]) -> tuple[str, ...]:
        """What the user asks to be told: all that may be due, so that asking does not tell which branch is the truth."""
        asked = []
        for say in intent.say:
            if self._intents.templates.names(say.about) <= binding.keys():
                asked.append(self.situations.text(say.about, binding))
        asked += [statement.about for statement in due]
        return tuple(dict.fromkeys(asked))


def merged(own: Binding, bound: Binding, intent: str) -> Binding:
    """Return the caller's own columns and those of a situation as one. Raises Rejected where they contradict each other."""
    for name, value in bound.items():
        if name in own and own[name] != value:
            raise Rejected(
                "template", f"{intent} binds '{name}', which already is a column of the caller's bind", str(value)
            )
    return {**own, **bound}
