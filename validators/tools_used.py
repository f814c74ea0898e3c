"""TS114: every tool is used."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.validators.registry import Finding, domain_rule


@domain_rule("TS114", "tools-used")
def tools_used(folder: DomainFolder) -> Iterator[Finding]:
    """Each tool is called by the reference of an intent or by a way to identify a caller.

    Why: nobody has seen a tool at work that no task needs. It only makes the agent's list longer.

    Fails: a tool that was written for an intent which was dropped since.
    Passes: each tool is needed by somebody. A tool that should only distract is still one that another intent needs.
    """
    references = [way.reference for way in folder.caller.ways]
    references += [intent.reference for intent in folder.intents.values()]
    used = {step.tool for reference in references for step in reference}
    for name in folder.domain.tools:
        if name not in used:
            yield Finding(
                f"no reference calls {name}",
                "Write an intent that needs it, or remove the tool.",
                folder.place("tools.yaml", name),
            )
