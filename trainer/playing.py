"""One episode as a model plays it: the tokens of the whole conversation, which of them it wrote, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from toolscale.environment.environment import Environment
from toolscale.live import MOST_TURNS, LiveEpisode, assistant_message
from toolscale.orchestration.account import Usage
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.rewards import Rollout
from toolscale.scoring.score import Score
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Message, Task
from toolscale.trainer.parsing import Written, refusal, written
from toolscale.trainer.tokens import ConversationTokenizer


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to be made at a task. Attempts of a group share `user_key`, so that they begin with the same words.

    `expert_key` draws what experts get wrong; attempts of a group differ in it.
    """

    task: Task
    environment: Environment
    user_key: str
    expert_key: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Where an episode stops: tokens of one turn, tokens of the whole conversation, turns of the agent."""

    turn_tokens: int = 512
    tokens: int = 32_768
    turns: int = MOST_TURNS


@dataclass(frozen=True, slots=True, repr=False)
class Played:
    """An episode that is over.

    `completion` begins after `prompt` and ends with the model's last token; `own` tells which of it the model wrote and
    `logprobs` with what log-probability (0 elsewhere).
    """

    task: Task
    prompt: list[int]
    completion: list[int]
    own: list[bool]
    logprobs: list[float]
    messages: tuple[Message, ...]
    score: Score
    rollout: Rollout
    ending: str
    turns: int
    calls: int
    malformed: int
    environment_seconds: float

    @property
    def generated(self) -> int:
        """The number of tokens that the model wrote."""
        return sum(self.own)

    @property
    def measured(self) -> dict[str, float]:
        """What a row of the metrics is the mean of."""
        parts = {f"passed/{part.name}": float(part.passed) for part in self.score.parts}
        messages = max(self.turns, 1)
        return {
            "success": float(self.score.value),
            **parts,
            "calls": float(self.calls),
            "turns": float(self.turns),
            "malformed": self.malformed / messages,
            "ended": float(self.ending == "user"),
            "tokens": float(self.generated),
        }


@dataclass(slots=True)
class _Tokens:
    prompt: list[int]
    completion: list[int] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    def add(self, ids: Sequence[int], logprobs: Sequence[float] | None) -> None:
        self.completion += ids
        self.own += [logprobs is not None] * len(ids)
        self.logprobs += logprobs if logprobs is not None else [0.0] * len(ids)

    @property
    def total(self) -> int:
        return len(self.prompt) + len(self.completion)


class Playing:
    """An episode in progress. Give it the model's turns with `take` until `over`, then `finish` it."""

    def __init__(self, attempt: Attempt, tokenizer: ConversationTokenizer, limits: Limits) -> None:
        start = time.perf_counter()
        self.over = False
        self.unread: list[int]
        """Tokens that the model has not been given yet."""
        self._attempt = attempt
        self._tokenizer = tokenizer
        self._limits = limits
        self._user = ScriptedUser(attempt.task.scenario, key=attempt.user_key)
        self._live = LiveEpisode(
            attempt.task,
            attempt.environment,
            experts=SimulatedExperts(key=attempt.expert_key),
            most_turns=limits.turns,
        )
        self._live.hear(self._user.opening())
        self._calls = 0
        self._malformed = 0
        self._cut = False
        self._seconds = time.perf_counter() - start
        self._tokens = _Tokens(tokenizer.prompt(self._live.messages, self._live.tools))
        self.unread = list(self._tokens.prompt)

    @property
    def context(self) -> list[int]:
        """All tokens of the conversation so far."""
        return self._tokens.prompt + self._tokens.completion

    @property
    def room(self) -> int:
        """The number of tokens that the next turn may have."""
        return min(self._limits.turn_tokens, self._limits.tokens - self._tokens.total)

    def take(self, ids: Sequence[int], logprobs: Sequence[float]) -> None:
        """Take what the model wrote, up to its end of turn, and let the environment or the user answer."""
        self._tokens.add(ids, logprobs)
        complete = bool(ids) and ids[-1] == self._tokenizer.turn_ends
        said = written(self._tokenizer.text(ids), complete=complete)
        start = time.perf_counter()
        answers = self._answered(said, Usage(self._tokens.total - len(ids), len(ids)))
        self._seconds += time.perf_counter() - start
        if not complete and self.room <= 0:
            self._cut = True
        self.over = self._cut or self._live.ending is not None
        if self.over:
            return
        self.unread = self._tokenizer.reply(answers)
        if not complete:  # the turn was cut off: it is ended for the model
            self.unread.insert(0, self._tokenizer.turn_ends)
        self._tokens.add(self.unread, None)
        if self.room <= 0:
            self._cut = self.over = True

    def _answered(self, said: Written, usage: Usage) -> list[Message]:
        live = self._live
        before = len(live.messages) + 1
        if said.fault:
            self._malformed += 1
            live.refuse(said.content, refusal(said.fault), usage)
        else:
            message = assistant_message(said.content, list(said.calls), first=self._calls + 1)
            self._calls += len(said.calls)
            live.converse(message, self._user, usage)
        return live.messages[before:]

    def finish(self) -> Played:
        """Score the episode, give its connection back, and return what it came to."""
        start = time.perf_counter()
        score, rollout = self._live.score(), self._live.rollout()
        messages = tuple(self._live.messages)
        with self._live:
            pass
        seconds = self._seconds + time.perf_counter() - start
        tokens = self._tokens
        while tokens.own and not tokens.own[-1]:  # nothing after the model's last token teaches it
            for column in (tokens.completion, tokens.own, tokens.logprobs):
                column.pop()
        ending = "tokens" if self._cut else str(self._live.ending)
        return Played(
            task=self._attempt.task,
            prompt=tokens.prompt,
            completion=tokens.completion,
            own=tokens.own,
            logprobs=tokens.logprobs,
            messages=messages,
            score=score,
            rollout=rollout,
            ending=ending,
            turns=self._live.turns,
            calls=self._calls,
            malformed=self._malformed,
            environment_seconds=seconds,
        )
