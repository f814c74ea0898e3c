"""JUnit XML: what a validator found, as GitHub's, GitLab's and Jenkins' test reports read it.

There are no times and no host in it, so that the same input gives the same bytes. A case has one `failure` at most, since Jenkins
reads the first alone, and no two cases of a suite share a name, since GitLab would read one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

from toolscale.errors import Place
from toolscale.validators.printable import printable


@dataclass(frozen=True, slots=True)
class Case:
    """One check: passed, unless there are failures or a reason why it was not made."""

    name: str
    failures: tuple[str, ...] = ()
    place: Place | None = None
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """The checks of one thing."""

    name: str
    cases: tuple[Case, ...]


def write(path: Path, name: str, suites: Sequence[Suite]) -> None:
    """Write the suites as the JUnit file `path`; folders that it needs are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document(name, suites))


def document(name: str, suites: Sequence[Suite]) -> bytes:
    """Return the suites as a JUnit XML document."""
    cases = [case for suite in suites for case in suite.cases]
    root = Xml.Element("testsuites", {"name": name, **_counts(cases)})
    for suite in suites:
        element = Xml.SubElement(root, "testsuite", {"name": printable(suite.name), **_counts(suite.cases)})
        for case in suite.cases:
            element.append(_case(suite, case))
    Xml.indent(root)
    text: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    listed = list(cases)
    return {
        "tests": str(len(listed)),
        "failures": str(sum(bool(case.failures) for case in listed)),
        "errors": "0",  # a fault of the program itself ends the command before there is a report
        "skipped": str(sum(bool(case.skipped) for case in listed)),
    }


def _case(suite: Suite, case: Case) -> Xml.Element:
    element = Xml.Element("testcase", {"classname": printable(suite.name), "name": printable(case.name)})
    if case.place is not None:
        element.set("file", printable(case.place.file))
        if case.place.line is not None:
            element.set("line", str(case.place.line))
    if case.failures:
        message = case.failures[0].split("\n", 1)[0]
        more = f" (and {len(case.failures) - 1} more)" if len(case.failures) > 1 else ""
        failure = Xml.SubElement(element, "failure", {"message": printable(message) + more, "type": "failure"})
        failure.text = printable("\n\n".join(case.failures))
    elif case.skipped:
        Xml.SubElement(element, "skipped", {"message": printable(case.skipped)})
    return element
