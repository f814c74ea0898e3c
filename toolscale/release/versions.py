"""Versions of a release: v1.2.3, as in semantic versioning."""

from __future__ import annotations

import re
from typing import NamedTuple

from toolscale.errors import ToolscaleError

_FORM = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Version(NamedTuple):
    """A version; versions compare by age."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"

    @property
    def next_patch(self) -> Version:
        """The version that a correction of this one gets."""
        return self._replace(patch=self.patch + 1)

    @classmethod
    def of(cls, text: str) -> Version:
        """Return the version that a text names. Raises ToolscaleError if it names none."""
        known = cls.found_in(text)
        if known is None:
            raise ToolscaleError(f"'{text}' is no version", remedy="Give three numbers, such as v1.0.0.")
        return known

    @classmethod
    def found_in(cls, text: str) -> Version | None:
        """Return the version that a text names, None if it names none."""
        match = _FORM.fullmatch(text)
        return cls(*map(int, match.groups())) if match else None
