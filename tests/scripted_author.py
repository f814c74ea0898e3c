"""A model that writes, for the scripted endpoint. It drafts what the question shows as another writer's draft, or spoils that;
it evolves a draft by a distraction, and says a caller's words again with a few more around them.

`python -m tests.scripted_author PORT SHARE LOG` serves it from a process of its own, with a share of spoilt answers, and writes
down each answer's kind; docs/model-authors.md shows a run against it.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.endpoint import FAULTS, Body, Reply, Script, scripted_endpoint
from toolscale.canonical import fingerprint
from toolscale.randomness import KeyedRandom, draw

Draft = dict[str, Any]
PERSONA = "A beekeeper who takes their time and likes to be told things twice."


def shown(body: Body) -> Draft:
    """Return the draft that stands at the end of the question."""
    question = next(message["content"] for message in body["messages"] if message["role"] == "user")
    line = next(line for line in question.splitlines() if line.startswith('{"requests"'))
    draft: Draft = json.loads(line)
    return draft


def saying(draft: Draft) -> Reply:
    """Return a draft as an answer."""
    return Reply(json.dumps(draft))


def good(body: Body, number: int) -> Reply:
    """Answer what is asked for: a draft, a harder one, or other words."""
    if body["response_format"]["json_schema"]["name"] == "rewrite":
        texts = [f"Well then. {text} That would help me a lot." for text in texts_of(body)]
        return Reply(json.dumps({"persona": PERSONA, "texts": texts}))
    draft = copy.deepcopy(shown(body))
    if any("Make a harder task" in str(message["content"]) for message in body["messages"]):
        distract(draft)
    return saying(draft)


def texts_of(body: Body) -> list[str]:
    """Return the texts that are to be said otherwise."""
    lines = str(body["messages"][0]["content"]).splitlines()
    return [line.split(": ", 1)[1] for line in lines if line.startswith("Text ")]


def distract(draft: Draft) -> None:
    """Let the caller wander off the matter."""
    words = "My cat says hello."
    draft["twist"] = {"kind": "distraction", "request": 0, "about": None, "first_value": None, "text": words}


def _no_such_tool(draft: Draft) -> None:
    draft["requests"][0]["steps"][0]["call"]["tool"] = "look_it_up"


def _no_such_name(draft: Draft) -> None:
    arguments = draft["requests"][0]["steps"][-1]["call"]["arguments"]
    arguments[next(iter(arguments))] = "{{ nobody_knows.this }}"


def _from_nowhere(draft: Draft) -> None:
    arguments = draft["requests"][0]["steps"][0]["call"]["arguments"]
    name = next(iter(arguments))
    arguments[name] = "ZZ-98765"


def _strange_number(draft: Draft) -> None:
    draft["requests"][0]["reason_for_call"] += " I have waited 4711 days for it."


def _answer_given_away(draft: Draft) -> None:
    draft["requests"][0]["reason_for_call"] += " It is about the row XK-77123."


def _nothing_to_do(draft: Draft) -> None:
    draft["requests"][0] |= {"steps": draft["requests"][0]["steps"][:1], "say": [], "refusal": None}


SPOILT: dict[str, Callable[[Draft], None]] = {
    "no such tool": _no_such_tool,
    "no such name": _no_such_name,
    "from nowhere": _from_nowhere,
    "strange number": _strange_number,
    "id in the words": _answer_given_away,
    "nothing to do": _nothing_to_do,
}
"""What a model may get wrong in a draft that is JSON of the right form or nearly so, by name."""


def spoilt(kind: str) -> Script:
    """Return a script that spoils its first answer to each question, and mends it when it is sent back."""

    def script(body: Body, number: int) -> Reply:
        draft = copy.deepcopy(shown(body))
        if not any(message["role"] == "assistant" for message in body["messages"]):
            SPOILT[kind](draft)
        return saying(draft)

    return script


def kind_of(body: Body, share: float, kinds: Sequence[str]) -> str:
    """Draw what is wrong with the answer to a request: of a share of them something is, of the others nothing ("")."""
    key = fingerprint(body["messages"])
    return draw(kinds, "kind", key) if KeyedRandom.of("faulty", key).random() < share else ""


def some_faulty(share: float, note: Callable[[str, str], None] = lambda *_: None) -> Script:
    """Return a script that spoils a share of its answers, kinds drawn by what it is asked.

    Faults of the line come once for each request, so that trying again helps; `note` hears of each answer's key and kind.
    """
    kinds = [*FAULTS, *SPOILT]
    failed: set[str] = set()

    def script(body: Body, number: int) -> Reply:
        kind, key = kind_of(body, share, kinds), fingerprint(body["messages"])
        passing = kind in ("429", "500", "cut before", "cut middle")
        if passing and key in failed:
            kind = ""
        failed.add(key)
        note(key, kind)
        reply = good(body, number)
        if kind in SPOILT and body["response_format"]["json_schema"]["name"] == "draft":
            draft = json.loads(reply.text)
            SPOILT[kind](draft)
            reply = saying(draft)
        return FAULTS[kind](reply) if kind in FAULTS else reply

    return script


def main() -> None:
    """Serve until stdin closes."""
    port, share, log = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    with log.open("a", encoding="utf-8") as lines:

        def note(key: str, kind: str) -> None:
            lines.write(f"{key} {kind or 'good'}\n")
            lines.flush()

        with scripted_endpoint(some_faulty(share, note), port=port) as endpoint:
            print(endpoint.base_url, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
