"""GitHub annotations: workflow commands that show a fault beside its line in a pull request."""

from __future__ import annotations

from toolscale.errors import Place
from toolscale.validators.printable import printable


def annotation(title: str, message: str, place: Place) -> str:
    """Return the workflow command, one line, that shows `message` as an error at `place`."""
    where = {"file": place.file, "line": str(place.line) if place.line else "", "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in where.items() if value)
    return f"::error {properties}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
