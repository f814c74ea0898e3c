"""Validating domain folders: each by every domain rule, several at once, with reports for people and for CI."""

from __future__ import annotations

import functools
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from toolscale.domain import find, load
from toolscale.errors import DomainError, Place, ToolscaleError
from toolscale.processes import in_order
from toolscale.validators import junit
from toolscale.validators.annotations import annotation
from toolscale.validators.registry import Finding, domain_rules, judge_domain

LOADS = "TS101"


@dataclass(frozen=True, slots=True)
class DomainReport:
    """What the domain rules say of one folder: which judged it, and each fault with its rule's code and its place.

    A folder that does not read has one finding, of the rule TS101, and no other rule has judged it.
    """

    name: str
    judged: tuple[str, ...]
    findings: tuple[tuple[str, Place, Finding], ...]
    seconds: float = field(compare=False)

    @property
    def reads(self) -> bool:
        """Tell whether the folder reads, so that it could be judged at all."""
        return all(code != LOADS for code, _, _ in self.findings)

    @property
    def passed(self) -> tuple[str, ...]:
        """The codes of the rules that the folder keeps."""
        failed = {code for code, _, _ in self.findings}
        return tuple(code for code in self.judged if code not in failed)


def validate_domains(
    names: Sequence[str], domains: Path | None = None, workers: int = 1, ignored: frozenset[str] = frozenset()
) -> Iterator[DomainReport]:
    """Yield the report of each domain, given by name or path, in the order given; some rules may be ignored, by code.

    Where there are two workers a domain, one holds the rehearsal meanwhile, for the rules that ask it.
    Raises ToolscaleError, before any is judged, for a domain that there is not and for one that is given twice.
    """
    places = [os.path.realpath(find(name, domains)) for name in names]
    for number, name in enumerate(names):
        if places.index(places[number]) < number:
            raise ToolscaleError(f"'{name}' is given twice", remedy="Name each domain once.")
    own = [Path(place).name for place in places]
    titles = [name if own.count(name) == 1 else _from_here(place) for name, place in zip(own, places, strict=True)]
    rehearsing = frozenset(rule.code for rule in domain_rules() if rule.rehearses)
    at_rest = frozenset(rule.code for rule in domain_rules() if not rule.rehearses)
    shares = [rehearsing | ignored, at_rest | ignored] if 2 * len(names) <= workers else [ignored]
    work = [(name, title, left_out) for name, title in zip(names, titles, strict=True) for left_out in shares]
    reports = in_order(functools.partial(_judged, domains=domains), work, workers)
    for _ in names:
        yield functools.reduce(_together, itertools.islice(reports, len(shares)))


def _judged(given: tuple[str, str, frozenset[str]], domains: Path | None) -> DomainReport:
    """Judge a domain by the rules that are not left out."""
    name, title, left_out = given
    started = time.perf_counter()
    found: list[tuple[str, Finding]] = []
    try:
        for rule, finding in judge_domain(load(name, domains), left_out):
            found.append((rule.code, finding))
            if rule.code == LOADS:
                break
    except DomainError as error:
        found = [(LOADS, Finding(error.cause, error.remedy, error.place))]
    reads = all(code != LOADS for code, _ in found)
    folder = Place(str(find(name, domains)))
    return DomainReport(
        name=title,
        judged=tuple(rule.code for rule in domain_rules() if rule.code not in left_out) if reads else (LOADS,),
        findings=tuple((code, _seen_from_here(finding.place or folder), finding) for code, finding in found),
        seconds=time.perf_counter() - started,
    )


def _together(one: DomainReport, other: DomainReport) -> DomainReport:
    """Return what two workers, each with rules of its own, say of one domain."""
    if not one.reads or not other.reads:
        return other if one.reads else one
    findings = sorted((*one.findings, *other.findings), key=lambda found: found[0])
    judged = tuple(sorted((*one.judged, *other.judged)))
    return DomainReport(one.name, judged, tuple(findings), max(one.seconds, other.seconds))


def _seen_from_here(place: Place) -> Place:
    return replace(place, file=_from_here(place.file))


def _from_here(path: str) -> str:
    """Return the path as git names it from the working folder if it lies below, with links followed; else as it is."""
    real, here = Path(os.path.realpath(path)), Path(os.path.realpath(os.curdir))
    return real.relative_to(here).as_posix() if real.is_relative_to(here) and real != here else path


def as_json(reports: Sequence[DomainReport]) -> dict[str, Any]:
    """Return the reports as JSON values: the same for the same folders, whenever and wherever they are judged."""
    names = {rule.code: rule.name for rule in domain_rules()}
    return {
        "passed": all(not report.findings for report in reports),
        "domains": [
            {"domain": report.name, "reads": report.reads, "judged": report.judged, "passed": report.passed}
            for report in reports
        ],
        "findings": [
            {
                "domain": report.name,
                "rule": code,
                "name": names[code],
                "cause": finding.cause,
                "remedy": finding.remedy,
                "file": place.file,
                "line": place.line,
                "field": place.field,
            }
            for report in reports
            for code, place, finding in report.findings
        ],
    }


def as_suites(reports: Sequence[DomainReport]) -> list[junit.Suite]:
    """Return the reports for JUnit: a suite a domain, a case a rule."""
    return [junit.Suite(report.name, tuple(_cases(report))) for report in reports]


def _cases(report: DomainReport) -> Iterator[junit.Case]:
    for rule in domain_rules():
        own = [(place, finding) for code, place, finding in report.findings if code == rule.code]
        yield junit.Case(
            name=f"{rule.code} {rule.name}",
            failures=tuple(f"{place}: {finding.cause}\n{finding.remedy}" for place, finding in own),
            place=own[0][0] if own else None,
            skipped=""
            if rule.code in report.judged
            else "ignored"
            if report.reads
            else f"the folder does not read ({LOADS})",
        )


def as_annotations(reports: Sequence[DomainReport]) -> list[str]:
    """Return the workflow commands that show each finding beside its line on GitHub."""
    names = {rule.code: rule.name for rule in domain_rules()}
    return [
        annotation(f"{code} {names[code]}", f"{finding.cause}\n{finding.remedy}", place)
        for report in reports
        for code, place, finding in report.findings
    ]
