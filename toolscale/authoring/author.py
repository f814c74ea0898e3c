"""The model author: drafts, mends, evolves and rewrites candidates, many at once, and yields them in the order of their numbers.

Each candidate goes one way: the model's draft is run, written out and judged as the procedural author's are; a fault goes back to
the model, at most twice. What comes first off the wire changes nothing: duplicates are told by number, in waves as large as the
number of tasks that are wanting.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

from toolscale.authoring import rewriting
from toolscale.authoring.briefing import Briefing, own_prompt, repair
from toolscale.authoring.composing import Occasion, Trace, composed
from toolscale.authoring.draft import read_draft
from toolscale.authoring.draft_schema import NAME, draft_schema
from toolscale.authoring.funnel import Funnel, Stage
from toolscale.authoring.session import Session
from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment
from toolscale.models.faults import Malformed, OverBudget, Refused, Truncated
from toolscale.models.ledger import Estimate
from toolscale.models.request import ModelAnswer, ModelRequest
from toolscale.synthesis.author import Accepted, Judge, ProceduralAuthor, Rejection, Seen, judged, rejection_of
from toolscale.synthesis.composition import Composed
from toolscale.synthesis.plan import Authoring
from toolscale.synthesis.reference import Rejected
from toolscale.synthesis.situations import Situations
from toolscale.task import Message, Task

REPAIRS = 2
MOST_AT_ONCE = 256
ANSWERED_BADLY = (Refused, Malformed, Truncated)
"""Faults of an answer that was given: they reject a candidate. Any other fault of a model ends the work."""
MODEL = "model"
"""The rule of a candidate for which no answer could be used."""

Explain = Callable[[str], str]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """What became of one draw: the candidate, and what was rejected on the way to it."""

    number: int
    accepted: Accepted | None = None
    rejections: list[Rejection] = field(default_factory=list)
    funnel: Funnel = field(default_factory=Funnel)


@dataclass(frozen=True, slots=True)
class Written:
    """A candidate that every rule accepted, with the draft that it was made from and its calls."""

    composed: Composed
    accepted: Accepted
    draft: Any
    calls: list[str]


class ModelAuthor:
    """Lets a model write candidates on one database. `wanted` is the number of tasks that are asked for.

    It asks through `session`, which others may use before and after it. `explain` gives what a rule checks and why, by its name;
    `funnel` counts what was yielded so far.
    """

    def __init__(
        self,
        folder: DomainFolder,
        authoring: Authoring,
        *,
        seed: int,
        database_seed: int,
        unseen: bool,
        scale: float = 1,
        tested: bool = False,
        wanted: int,
        session: Session,
        explain: Explain = lambda _: "",
    ) -> None:
        self.authoring = authoring
        self.session = session
        self.funnel = Funnel()
        self._procedural = ProceduralAuthor(
            folder, seed=seed, database_seed=database_seed, unseen=unseen, scale=scale, tested=tested
        )
        self.situations: Situations = self._procedural.situations
        self.environment: Environment = self.situations.environment
        self._wanted = wanted
        self._explain = explain
        self._seen = Seen()
        self._processor = asyncio.Lock()
        self._schema = draft_schema(self.environment.compiled)

    def candidates(self, judge: Judge, *, repeated: Collection[int] = ()) -> Iterator[Accepted | Rejection]:
        """Yield candidates without end; the draws in `repeated` are rejected as duplicates of another database's tasks.

        Raises ModelError if the model can't be reached or the budget is spent: what was paid for is in the cache.
        """
        number = accepted = 0
        while True:
            wave = range(number, number + max(1, min(MOST_AT_ONCE, self._wanted - accepted)))
            for outcome in self.session.run(self._wave(wave, judge, accepted)):
                self.funnel.add(outcome.funnel)
                yield from outcome.rejections
                if outcome.accepted is not None:
                    candidate = self._told_apart(outcome.number, outcome.accepted, repeated)
                    accepted += isinstance(candidate, Accepted)
                    yield candidate
            number = wave.stop

    def estimate(self, tasks: int) -> Estimate:
        """Return about what the first exchange for so many tasks would cost, and their evolving and rewriting; no repairs.

        Nothing is sent. Evolving and rewriting are estimated from the questions that the procedural author's tasks would give.
        """
        return self.session.client.estimate(self._questions(tasks))

    def _questions(self, tasks: int) -> Iterator[ModelRequest]:
        for number in range(tasks):
            try:
                if self.authoring.drafts:
                    _, messages = self._asking(number)
                    yield self._request("draft", messages, number)
                    if self.authoring.evolve:
                        yield self._request("evolve", messages, number)
                if self.authoring.rewrite:
                    yield rewriting.question(self._procedural.composed(number), self._title)
            except Rejected:
                continue

    @property
    def _title(self) -> str:
        return self.environment.domain.about.title

    @functools.cached_property
    def _briefing(self) -> Briefing:
        stages = ["draft", "repair", *(["evolve"] if self.authoring.evolve else [])]
        prompts = ", ".join(own_prompt(name).identity for name in stages)
        return Briefing(self.situations, f"{self.authoring.models.model} ({prompts})")

    def _told_apart(self, number: int, candidate: Accepted, repeated: Collection[int]) -> Accepted | Rejection:
        try:
            self._seen.add(candidate.task)
        except Rejected as fault:
            return rejection_of(self.situations, number, fault, candidate.task)
        if number in repeated:
            reason = "a task of another database says and does nearly the same"
            return rejection_of(self.situations, number, Rejected("duplicate", reason), candidate.task)
        return candidate

    async def _wave(self, wave: range, judge: Judge, accepted: int) -> list[Outcome]:
        """Write the candidates of some numbers at once. All exchanges end before an error is raised, so that none is lost."""
        work = [asyncio.create_task(self._written(number, judge)) for number in wave]
        try:
            outcomes = await asyncio.gather(*work, return_exceptions=True)
        finally:
            for task in work:
                task.cancel()
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if isinstance(first := errors[0] if errors else None, OverBudget):
            remedy = f"{accepted} of {self._wanted} tasks of this unit are accepted. {self.session.ledger.to_go_on(len(errors))}"
            raise OverBudget(first.cause, remedy=remedy)
        if first is not None:
            raise first
        return [outcome for outcome in outcomes if isinstance(outcome, Outcome)]

    async def _written(self, number: int, judge: Judge) -> Outcome:
        outcome = Outcome(number)
        if self.authoring.drafts:
            written = await self._drafted(outcome, judge)
        else:
            written = await self._alone(self._drawn, outcome, judge)
        if written is not None and self.authoring.rewrite:
            written = await self._rewritten(outcome, written, judge)
        if written is not None:
            outcome.accepted = written.accepted
            outcome.funnel.step("accepted")
        return outcome

    async def _alone(self, work: Callable[P, T], *arguments: P.args, **settings: P.kwargs) -> T:
        """Do work that keeps the processor, one piece at a time, so that answers are read in between and none times out."""
        async with self._processor:
            await asyncio.sleep(0)
            return work(*arguments, **settings)

    def _drawn(self, outcome: Outcome, judge: Judge) -> Written | None:
        """Let the procedural author compose the candidate."""
        task: Task | None = None
        try:
            candidate = self._procedural.composed(outcome.number)
            task, trajectory = candidate.written(self.environment, self.situations.offers)
            return Written(candidate, judged(task, trajectory, self.environment, judge), None, [])
        except Rejected as fault:
            outcome.rejections.append(rejection_of(self.situations, outcome.number, fault, task))
            return None

    def _asking(self, number: int) -> tuple[Occasion, list[Message]]:
        occasion = self._briefing.occasion(number)
        return occasion, [self._briefing.system, self._briefing.question(occasion)]

    async def _drafted(self, outcome: Outcome, judge: Judge) -> Written | None:
        try:
            occasion, messages = await self._alone(self._asking, outcome.number)
        except Rejected as fault:
            outcome.rejections.append(rejection_of(self.situations, outcome.number, fault, None))
            return None
        outcome.funnel.step("drafted")
        written, repairs = await self._mended(outcome, "draft", messages, occasion, judge)
        if written is None:
            return None
        outcome.funnel.step("accepted after repair" if repairs else "accepted at once")
        if self.authoring.evolve:
            messages = [*messages, self._briefing.evolution(occasion, written.draft, written.calls)]
            evolved, _ = await self._mended(outcome, "evolve", _alternating(messages), occasion, judge, written)
            outcome.funnel.step("evolved" if evolved else "kept as drafted")
            written = evolved or written
        return written

    async def _mended(
        self,
        outcome: Outcome,
        stage: Stage,
        messages: Sequence[Message],
        occasion: Occasion,
        judge: Judge,
        simpler: Written | None = None,
    ) -> tuple[Written | None, int]:
        """Ask for a draft until it is a task, at most twice again; return it, or None, and the number of repairs."""
        turns = list(messages)
        repairs = 0
        while True:
            trace = Trace()
            made: list[Task] = []
            now: Stage = "repair" if repairs else stage
            try:
                answer = await self._asked(self._request(now, turns, outcome.number), now, outcome.funnel)
                written = await self._alone(self._tried, answer, occasion, trace, judge, made)
                _is_harder(written, simpler)
                return written, repairs
            except Rejected as fault:
                outcome.funnel.fault(now, fault.rule if fault.rule != MODEL else fault.reason)
                if repairs == REPAIRS or fault.rule == MODEL:
                    step = "" if simpler is None else "evolve"
                    rejection = rejection_of(
                        self.situations, outcome.number, fault, made[0] if made else None, step=step
                    )
                    outcome.rejections.append(rejection)
                    return None, repairs
                repairs += 1
                turns += [
                    {"role": "assistant", "content": answer.text},
                    repair(fault, self._explain(fault.rule), trace.lines),
                ]

    async def _asked(self, request: ModelRequest, stage: Stage, funnel: Funnel) -> ModelAnswer:
        """Return the answer. Raises Rejected if there is one that can't be used."""
        try:
            answer = await self.session.client.answer(request)
        except ANSWERED_BADLY as error:
            told = f"{error.cause} {error.remedy}".replace(self.authoring.models.place, "the model")
            raise Rejected(MODEL, error.kind, told) from None  # rows name no address: it decides nothing
        funnel.answered(stage, answer)
        return answer

    def _tried(self, answer: ModelAnswer, occasion: Occasion, trace: Trace, judge: Judge, made: list[Task]) -> Written:
        """Run, write and judge a draft. Raises Rejected; `made` then holds the task, if it came to that."""
        candidate = composed(read_draft(answer.value), occasion, self.situations, trace)
        task, trajectory = candidate.written(self.environment, self.situations.offers)
        made.append(task)
        accepted = judged(task, trajectory, self.environment, judge)
        return Written(candidate, accepted, answer.value, trace.lines)

    def _request(self, stage: Stage, messages: Sequence[Message], number: int) -> ModelRequest:
        names = ("house", "draft") if stage == "draft" else ("house", "draft", stage)
        return ModelRequest(
            messages=messages,
            schema=self._schema,
            schema_name=NAME,
            stage=stage,
            prompt=" ".join(own_prompt(name).identity for name in names),
            seed=number,
        )

    async def _rewritten(self, outcome: Outcome, written: Written, judge: Judge) -> Written:
        """Return the candidate in other words, or as it is if these can't be used."""
        funnel = outcome.funnel
        try:
            answer = await self._asked(rewriting.question(written.composed, self._title), "rewrite", funnel)
            reworded = await self._alone(self._reworded, written, answer, judge)
        except rewriting.Refusal as refusal:
            funnel.fault("rewrite", refusal.kind)
        except Rejected as fault:
            funnel.fault("rewrite", fault.rule if fault.rule != MODEL else fault.reason)
        else:
            funnel.step("rewritten")
            return reworded
        funnel.step("kept words")
        return written

    def _reworded(self, written: Written, answer: ModelAnswer, judge: Judge) -> Written:
        candidate = rewriting.reworded(written.composed, answer.value, self.authoring.models.model)
        task, trajectory = candidate.written(self.environment, self.situations.offers)
        return replace(written, composed=candidate, accepted=judged(task, trajectory, self.environment, judge))


def _is_harder(written: Written, simpler: Written | None) -> None:
    """Raise Rejected if an evolved task asks for no more than the one that it was made from."""
    if simpler is None:
        return
    old, new = simpler.accepted.task, written.accepted.task
    if new.scenario.twist is not None and old.scenario.twist is None:
        return
    more_calls = len(new.reference) > len(old.reference)
    more_said = len(new.criteria.statements) > len(old.criteria.statements)
    if not (more_calls or more_said or (new.conditional and not old.conditional)):
        raise Rejected("evolve", "the new version has no more calls, statements, conditions or twists than the old one")


def _alternating(messages: Sequence[Message]) -> list[Message]:
    """Join what the user says in a row: chat templates want the turns to alternate."""
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"] == "user":
            joined[-1] = {"role": "user", "content": f"{joined[-1]['content']}\n\n{message['content']}"}
        else:
            joined.append(dict(message))
    return joined
