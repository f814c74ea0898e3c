"""Texts of plugin folders, made fit to be printed: a terminal, an XML file or a CI log shows them and obeys nothing in them."""

from __future__ import annotations

import re

# all that XML 1.0 forbids, and the C1 controls, which terminals obey
_CONTROL = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    r"""Return `text` with every control character (an escape sequence, a lone surrogate) spelt out, as in \x1b."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def unlike_a_command(text: str) -> str:
    """Return printable `text` in which no line is a workflow command to a GitHub runner, which reads all that a step prints."""
    return re.sub(r"^(\s*)::", r"\1: :", printable(text), flags=re.MULTILINE).replace("##[", "# #[")
