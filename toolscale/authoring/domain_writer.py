"""Lets a model write a domain: schema, records, tools, policy, intents, each executed and judged before the next is asked for.

The files and the state of the work lie on disk after every answer, so that a run which was killed goes on; what was paid for
comes from the cache. Nothing appears under the domain's name before every rule of `check` is kept.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolscale.authoring.briefing import own_prompt
from toolscale.authoring.domain_report import as_markdown
from toolscale.authoring.domain_steps import (
    STEPS,
    WANTED,
    Fault,
    Judge,
    Step,
    answer_schema,
    faults_after,
    text_of,
    written,
)
from toolscale.domain.folder import FILES
from toolscale.domain.scaffold import SCAFFOLD, check_name
from toolscale.errors import DomainError, nearest
from toolscale.models.client import ModelClient
from toolscale.models.faults import Malformed, Refused, Truncated
from toolscale.models.ledger import Ledger
from toolscale.models.request import ModelAnswer, ModelRequest
from toolscale.models.settings import ModelSettings
from toolscale.task import Message

REPAIRS = 3
MENDINGS = 4
MOST_FAULTS = 8
MEND = "mend"
STATE = "writing.json"
Tell = Callable[[str], None]


@dataclass(slots=True)
class StepRecord:
    """How a step went: answers so far, what was wrong with each, whether the last one was accepted.

    `again` counts how often a person had the step written afresh.
    """

    step: str
    answers: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    faults: list[list[dict[str, str]]] = field(default_factory=list)
    accepted: bool = False
    again: int = 0


@dataclass(slots=True)
class WritingState:
    """The state of the work, and at its end the report."""

    name: str
    brief: str
    model: str
    steps: dict[str, StepRecord] = field(default_factory=dict)
    passed: bool = False

    def of(self, step: str) -> StepRecord:
        """Return the record of a step."""
        return self.steps.setdefault(step, StepRecord(step))


class DomainWriter:
    """Writes one domain into `<into>/<name>`; the work lies in `<into>/<name>.writing` until it is sound."""

    def __init__(
        self, name: str, brief: str, into: Path, models: ModelSettings, judge: Judge, *, tell: Tell = lambda _: None
    ) -> None:
        check_name(name)
        self.target = into / name
        self.work = into / f"{name}.writing"
        self.ledger = Ledger(models.budget_usd)
        self._folder = self.work / name
        self._models = models
        self._judge = judge
        self._tell = tell
        if self.target.exists():
            raise DomainError(f"{self.target} exists", remedy="Choose another name or another --into.")
        self.state = self._found(name, brief)

    def write(self, *, again_from: str | None = None) -> WritingState:
        """Write what is not written yet; `again_from` names a step that is to be written afresh, with all after it.

        Returns the state: `passed` tells whether the domain keeps every rule and lies at its place. Raises ModelError if the
        model can't be reached or the budget is spent, DomainError if a step is not accepted after its repairs.
        """
        if again_from is not None:
            self._forget(again_from)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._save()
        asyncio.run(self._written())
        return self.state

    async def _written(self) -> None:
        async with ModelClient(self._models, ledger=self.ledger, tell=self._tell) as client:
            for step in STEPS:
                if not self.state.of(step).accepted:
                    await self._write_step(client, step)
            await self._mend(client)
        if self.state.passed:
            self._finish()

    async def _write_step(self, client: ModelClient, step: Step) -> None:
        record = self.state.of(step)
        record.answers, record.tokens_in, record.tokens_out, record.faults = 0, 0, 0, []
        wanted = WANTED[step]
        turns = [_system(), self._question(step)]
        while not record.accepted:
            answer, faults = await self._asked(client, record, turns, wanted, "write_step")
            if answer is not None:
                faults = self._take(answer, wanted) or self._faults_of(step)
            record.faults.append([fault.as_json() for fault in faults])
            record.accepted = not faults
            self._save()
            self._tell(f"{step}: {'accepted' if record.accepted else _in_short(faults)}")
            if faults and (answer is None or record.answers > REPAIRS):
                raise DomainError(
                    f"{step} is not accepted after {record.answers} answers: {faults[0].cause}",
                    remedy=f"See {self.work / STATE}; --again-from {step} has it written afresh.",
                )
            if faults and answer is not None:
                turns += [_said(answer), _user("write_repair", faults=_shown(faults), wanted=wanted)]

    def _faults_of(self, step: Step) -> list[Fault]:
        """Return what is wrong after a step; what is wrong with the whole after the last one is for mending."""
        found = faults_after(step, self._folder, self._judge)
        reads = all(fault.rule != "TS101" for fault in found)
        return [] if step == STEPS[-1] and reads else found

    async def _mend(self, client: ModelClient) -> None:
        """Have every rule judge, and let the model change whatever files it takes, a bounded number of times."""
        record = self.state.of(MEND)
        record.answers, record.tokens_in, record.tokens_out, record.faults = 0, 0, 0, []
        while True:
            faults = faults_after(STEPS[-1], self._folder, self._judge)
            record.faults.append([fault.as_json() for fault in faults])
            self.state.passed = record.accepted = not faults
            self._save()
            self._tell(f"check: {'every rule is kept' if not faults else _in_short(faults)}")
            if not faults or record.answers == MENDINGS:
                return
            question = _user(
                "write_mend",
                name=self.state.name,
                brief=self.state.brief,
                written=written(self._folder),
                faults=_shown(faults),
            )
            answer, refused = await self._asked(client, record, [_system(), question], FILES, "write_mend")
            if answer is None:
                record.faults.append([fault.as_json() for fault in refused])
                return
            self._take(answer, ())

    async def _asked(
        self,
        client: ModelClient,
        record: StepRecord,
        turns: Sequence[Message],
        files: Sequence[str],
        name: str,
    ) -> tuple[ModelAnswer | None, list[Fault]]:
        """Return the answer, or what is wrong with it where it can't be used."""
        prompts = " ".join(own_prompt(each).identity for each in ("write_domain", name))
        request = ModelRequest(
            messages=list(turns),
            schema=answer_schema(files),
            schema_name=record.step,
            stage=record.step,
            prompt=prompts,
            attempt=record.again,
        )
        record.answers += 1
        try:
            answer = await client.answer(request)
        except (Refused, Malformed, Truncated) as error:
            return None, [Fault(error.kind, "the answer", error.cause, error.remedy)]
        record.tokens_in += answer.tokens_in
        record.tokens_out += answer.tokens_out
        return answer, []

    def _take(self, answer: ModelAnswer, wanted: Sequence[str]) -> list[Fault]:
        """Write the answer's files; return a fault for each wanted one that is not there."""
        given = {item["file"]: item["text"] for item in answer.value["files"]}
        for file, text in given.items():
            (self._folder / file).write_text(text.strip() + "\n", encoding="utf-8")
        return [Fault("answer", file, "the file is missing from the answer") for file in wanted if file not in given]

    def _question(self, step: Step) -> Message:
        before = [file for earlier in STEPS[: STEPS.index(step)] for file in WANTED[earlier]]
        return _user(
            "write_step",
            name=self.state.name,
            brief=self.state.brief,
            step=step,
            wanted=WANTED[step],
            written=[item for item in written(self._folder) if item["file"] in before],
            example=[{"file": file, "text": text_of(SCAFFOLD / file)} for file in WANTED[step]],
        )

    def _found(self, name: str, brief: str) -> WritingState:
        path = self.work / STATE
        if not path.exists():
            return WritingState(name, brief, self._models.model)
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        steps = {step: StepRecord(**record) for step, record in content.pop("steps").items()}
        state = WritingState(**content, steps=steps)
        if (state.brief, state.model) != (brief, self._models.model):
            raise DomainError(
                f"{self.work} holds a domain that {state.model} is writing from the brief {state.brief!r}",
                remedy="Give the same --brief and --model to go on, or remove the folder.",
            )
        return state

    def _forget(self, step: str) -> None:
        """Drop a step and those after it, so that they are asked for anew and not taken from the cache."""
        if step not in STEPS:
            raise DomainError(f"there is no step '{step}'", remedy=nearest(step, STEPS))
        later = STEPS[[*STEPS].index(step) :]
        for name in (*later, MEND):
            self.state.steps[name] = StepRecord(name, again=self.state.of(name).again + 1)
        for file in (file for known in later for file in WANTED[known]):
            (self._folder / file).unlink(missing_ok=True)

    def _save(self) -> None:
        text = json.dumps(asdict(self.state), indent=2, ensure_ascii=False) + "\n"
        unfinished = self.work / f"{STATE}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(self.work / STATE)

    def _finish(self) -> None:
        (self._folder / "report.md").write_text(as_markdown(asdict(self.state)), encoding="utf-8")
        (self.work / STATE).replace(self._folder / "report.json")
        self._folder.rename(self.target)
        shutil.rmtree(self.work)


def _system() -> Message:
    return {"role": "system", "content": own_prompt("write_domain").render()}


def _user(template: str, /, **values: object) -> Message:
    return {"role": "user", "content": own_prompt(template).render(**values)}


def _said(answer: ModelAnswer) -> Message:
    return {"role": "assistant", "content": answer.text}


def _shown(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [asdict(fault) for fault in faults[:MOST_FAULTS]]


def _in_short(faults: Sequence[Fault]) -> str:
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return f"{faults[0].rule}, {faults[0].place}: {faults[0].cause}{more}"
