"""The scripted user: plays a user scenario live, against any agent, and knows nothing but the scenario.

It says what it wants, tells what it is asked for, confirms, changes its mind where the scenario says so, goes on to its
next request when the agent has finished with one, and ends the call. It reads the agent's words by simple rules, so a
conversation with it is deterministic.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from toolscale.scoring.said import Statement, is_said
from toolscale.synthesis.phrases import Phrases, user_phrases
from toolscale.task import Fact, UserScenario

MOST_TURNS = 40

_CONFIRMATION = re.compile(
    r"go ahead|proceed|confirm|shall i|should i|may i|can i (?:do|make|carry)|is (?:that|this|it) "
    r"(?:right|ok|okay|correct|fine|all right|alright)|would you like me to|do you (?:want me|agree|approve)|"
    r"are you (?:happy|ok|okay|sure)|your (?:ok|okay|approval|go-ahead|consent|agreement)|"
    r"(?:all right|alright|ok|okay|happy|fine) (?:with you|for you|to)|"
    r"does (?:that|this) (?:work|sound|look|suit)|say yes|a yes|happy for me",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:any|some)thing (?:else|more|further)|else i can|what else|other (?:matter|request|question)s?", re.IGNORECASE
)
_WAIT = re.compile(
    r"one moment|just a moment|one second|let me |please (?:wait|hold)|bear with me|i(?:'ll| will) (?:check|look)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "for",
        "your",
        "my",
        "you",
        "i",
        "is",
        "and",
        "or",
        "in",
        "on",
        "at",
        "by",
        "with",
        "it",
        "its",
        "this",
        "that",
    ]
)


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What the user says; `ends` tells that the call is over with it."""

    text: str
    ends: bool = False


class ScriptedUser:
    """One user in one conversation. `key` varies the words, never what is said."""

    def __init__(self, scenario: UserScenario, *, key: str) -> None:
        self._scenario = scenario
        self._key = key
        self._phrases: Phrases = user_phrases(scenario.register)
        self._request = -1
        self._turns = 0
        self._told: set[tuple[int, str]] = set()
        self._twist = scenario.twist
        self._misled = False

    def opening(self) -> UserTurn:
        """Return the first words of the call."""
        greeting = self._choose("greeting")
        return UserTurn(_joined(greeting, self._next_request()))

    def reply(self, agent: str) -> UserTurn:
        """Return the answer to what the agent said."""
        self._turns += 1
        if self._turns >= MOST_TURNS:
            return self._closing()
        asks = "?" in agent
        confirms = asks and bool(_CONFIRMATION.search(agent))
        named = [fact for fact in self._facts() if mentions(agent, fact.about)]
        if self._correction_is_due(named, asks):
            return self._correct()
        if asks and _MORE.search(agent) and not confirms:
            return self._go_on()
        wanted = [
            fact for fact in named if (self._request, fact.about) not in self._told and not self._told_before(fact)
        ]
        if asks and wanted and not (confirms and self._all_told()):
            return self._tell(wanted)
        if confirms and not _MORE.search(agent):
            return self._confirm()
        if asks and _MORE.search(agent):
            return self._go_on()
        if asks and named:
            return self._tell(named)
        if asks:
            return self._answer_other(agent)
        return UserTurn("Okay.") if _WAIT.search(agent) else self._go_on()

    def _facts(self) -> list[Fact]:
        return [*self._scenario.identity, *self._scenario.requests[self._request].facts]

    def _told_before(self, fact: Fact) -> bool:
        return fact in self._scenario.identity and any((r, fact.about) in self._told for r in range(self._request))

    def _all_told(self) -> bool:
        return all((self._request, f.about) in self._told or self._told_before(f) for f in self._facts())

    def _tell(self, facts: Sequence[Fact]) -> UserTurn:
        for fact in facts:
            self._told.add((self._request, fact.about))
        shown = [{"about": fact.about, "value": self._first_value(fact)} for fact in facts]
        return UserTurn(self._choose("give_facts", facts=shown))

    def _first_value(self, fact: Fact) -> str:
        wrong = self._pending(fact)
        if wrong is None:
            return fact.said
        self._misled = True
        return wrong.said

    def _pending(self, fact: Fact) -> Fact | None:
        """Return the value that a twist puts before the right one, if it has not been put right yet."""
        twist = self._twist
        if twist is None or twist.fact is None or twist.request != self._request or twist.fact.about != fact.about:
            return None
        return twist.fact

    def _correction_is_due(self, named: list[Fact], asks: bool) -> bool:
        twist = self._twist
        if not (asks and self._misled and twist and twist.kind == "wrong detail" and twist.fact):
            return False
        return any(fact.about == twist.fact.about for fact in named)

    def _correct(self) -> UserTurn:
        assert self._twist is not None
        assert self._twist.fact is not None
        right = next(fact for fact in self._facts() if fact.about == self._twist.fact.about)
        self._twist = None
        return UserTurn(self._choose("correction", about=right.about, value=right.said))

    def _confirm(self) -> UserTurn:
        twist = self._twist
        if twist and twist.kind == "change of mind" and twist.request == self._request and twist.fact:
            right = next(fact for fact in self._facts() if fact.about == twist.fact.about)
            self._twist = None
            return UserTurn(self._choose("change_of_mind", about=right.about, value=right.said))
        return UserTurn(self._choose("confirm"))

    def _answer_other(self, agent: str) -> UserTurn:
        unknown = [*self._scenario.unknown, *self._scenario.requests[self._request].unknown]
        for about in unknown:
            if mentions(agent, about):
                return UserTurn(self._choose("unknown", about=about))
        left = [f for f in self._facts() if (self._request, f.about) not in self._told and not self._told_before(f)]
        return self._tell(left) if left else UserTurn(self._choose("unknown", about="rest"))

    def _go_on(self) -> UserTurn:
        if self._request + 1 < len(self._scenario.requests):
            return UserTurn(self._next_request())
        return self._closing()

    def _closing(self) -> UserTurn:
        return UserTurn(self._choose("closing"), ends=True)

    def _next_request(self) -> str:
        self._request += 1
        request = self._scenario.requests[self._request]
        text = request.reason
        if self._request:
            text = self._choose("next_request", reason=text)
        if request.asks:
            text = _joined(text, self._choose("ask_outcome", abouts=list(request.asks)))
        twist = self._twist
        if twist and twist.request == self._request:
            if twist.kind == "distraction":
                text = _joined(text, twist.text)
            elif twist.kind == "impossible wish":
                text = _joined(text, self._choose("impossible_wish", wish=twist.text))
        for fact in request.facts:
            if is_stated(self._pending(fact) or fact, text):
                self._told.add((self._request, fact.about))
        return text

    def _choose(self, slot: str, **values: object) -> str:
        return self._phrases.choose(slot, self._key, self._turns, self._request, **values)


def mentions(text: str, about: str) -> bool:
    """Return whether the text names a thing: all words of `about` that carry meaning, in their singular or plural."""
    return _stems(about) <= _stems(text)


@functools.lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower().replace("e-mail", "email"))
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in words if word not in _SMALL)


def is_stated(fact: Fact, text: str) -> bool:
    """Return whether the user has said a fact in so many words."""
    if isinstance(fact.value, bool):
        return False
    if isinstance(fact.value, int | float):
        return is_said(Statement("money", fact.value, fact.about), text)
    said = fact.said
    if _is_date(said):
        return is_said(Statement("date", said, fact.about), text)
    return len(said) > 2 and is_said(Statement("text", said, fact.about), text)


def _is_date(text: str) -> bool:
    """A slip of the tongue may make a date that does not exist, which is then a text like any other."""
    if not _DATE.fullmatch(text):
        return False
    with contextlib.suppress(ValueError):
        return bool(dt.date.fromisoformat(text))
    return False


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
