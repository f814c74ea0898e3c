"""The dataset card: README.md with the configurations that `datasets` and the Hub read, and what people need to know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from datasets import Features
from jinja2 import Environment, StrictUndefined

from toolscale.shards.columns import CONFIGS, SCHEMAS
from toolscale.synthesis.plan import SPLITS

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(manifest: dict[str, Any], folder: Path) -> str:
    """Return the text of the card of the build in `folder`."""
    header = yaml.safe_dump(_header(manifest, folder), sort_keys=False, allow_unicode=True, width=10_000)
    funnel = pd.DataFrame(
        [
            {
                "domain": name,
                "version": domain["version"],
                "drawn": domain["drawn"],
                "accepted": domain["accepted"],
                "yield": f"{domain['accepted'] / domain['drawn']:.1%}",
                "rejected": ", ".join(f"{rule} {count}" for rule, count in domain["rejected"].items()) or "none",
            }
            for name, domain in manifest["domains"].items()
        ]
    )
    body = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True).from_string(_BODY)  # noqa: S701  Markdown
    text = body.render(
        manifest={"solved": (), **manifest}, funnel=_table(funnel), command=_command(manifest["configuration"])
    )
    return f"---\n{header}---\n\n{text}"


def _header(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {
        "pretty_name": f"toolscale: {', '.join(manifest['domains'])}",
        "license": "apache-2.0",
        "language": ["en"],
        "size_categories": [next((label for limit, label in _SIZES if manifest["tasks"] < limit), "n>1M")],
        "task_categories": ["text-generation"],
        "tags": ["tool-use", "function-calling", "agents", "synthetic", "verifiable", "reinforcement-learning"],
        "configs": [
            {
                "config_name": config,
                **({"default": True} if config == "tasks" else {}),
                "data_files": [{"split": split, "path": f"{config}/{split}-*.parquet"} for split in present],
            }
            for config in CONFIGS
            if (present := _present(folder, config))
        ],
        "dataset_info": [
            {"config_name": config, "features": Features.from_arrow_schema(SCHEMAS[config])._to_yaml_list()}
            for config in CONFIGS
            if _present(folder, config)
        ],
    }


def _present(folder: Path, config: str) -> list[str]:
    return [split for split in SPLITS if any((folder / config).glob(f"{split}-*.parquet"))]


def _table(frame: pd.DataFrame) -> str:
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * len(frame.columns)]
    lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


def _command(configuration: dict[str, Any]) -> str:
    words = ["toolscale build", f"--domains {','.join(configuration['domains'])}"]
    own = [name for name in configuration if name not in ("domains", "authoring")]
    words += [f"--{name.replace('_', '-')} {configuration[name]}" for name in own]
    return " ".join([*words, *_authoring(configuration.get("authoring")), "--out DIR"])


def _authoring(authoring: dict[str, Any] | None) -> Iterator[str]:
    """Yield the options that let a model write."""
    if authoring is None:
        return
    if authoring["drafts"]:
        yield "--author llm"
    yield from (f"--{name}" for name in ("evolve", "rewrite") if authoring[name])
    yield f"--model {authoring['models']['model']}"
    yield from (f"--set {name}={value}" for name, value in authoring["models"].items() if name != "model")


_BODY = """\
# Verifiable multi-turn tool-use tasks

{{ manifest.tasks }} tasks, each proven by execution: its reference trajectory was replayed on its database and scored 1, and
doing nothing scored 0. Every row carries what it takes to check that again; no plugin folder, key or server is needed.

| configuration | a row is |
|---|---|
| `tasks` | a task: user scenario, reference calls with results and sources, criteria, difficulty, verdicts |
| `trajectories` | a conversation in OpenAI's message format that solves a task, with the tools it was offered |
| `environments` | a domain (schema, tools, policy) and its database as SQLite bytes |
| `rejections` | a candidate that is no task: the rule that it failed, the reason, the evidence |

Splits: `train` and `validation`; `test` has databases and preferences that they do not have; `test_unseen` moreover has only
intents, experts and prices that never occur in the other splits, and tools that train never offers.

## How it was made

{{ funnel }}

Splits: {% for split, count in manifest.splits.items() %}{{ split }} {{ count }}{{ ", " if not loop.last }}{% endfor %}.

{{ "Rebuild it" if not manifest.solved else "What models then solved was built" }} byte for byte with toolscale \
{{ manifest.toolscale }} and the libraries that `manifest.json` names:

    {{ command }}

{% if manifest.configuration.authoring %}
{{ manifest.configuration.authoring.models.model }} \
{{ "wrote the tasks" if manifest.configuration.authoring.drafts else "put the callers' words otherwise" }}: \
{{ manifest.funnel.steps.items() | map("join", " ") | join(", ") }}. Faults: \
{{ manifest.funnel.faults.items() | map("join", " ") | join(", ") or "none" }}. Rebuilding needs its answers: the file that \
`--cache` names.

{% endif %}
{% for run in manifest.solved %}
{{ run.model }} made {{ run.attempts }} attempts at the tasks \
{{ "with the scripted user" if run.user == "scripted" else "with users played by " ~ run.user }}; \
{{ run.solved }} solved theirs, {{ run.solutions }} of these conversations are trajectories here. Dropped: \
{{ run.dropped.items() | map("join", " ") | join(", ") or "nothing" }}.

{% endfor %}
## How to use it

```python
import toolscale

build = toolscale.load("path/to/this/folder")
task = next(build.tasks("train"))
environment = build.environment_for(task)
with environment.episode() as episode:
    for call in task.reference:
        print(episode.call(call.tool, call.arguments).result)
```

`datasets.load_dataset(folder, "tasks")`, pandas and DuckDB read the files as they are. Columns whose shape varies from row to
row (arguments, results, criteria, scenario, tools) hold canonical JSON.

## Columns of a task

- `user_scenario`: for people and for a model that plays the user; `scenario` is the same for `toolscale`'s scripted user.
- `reference`: the calls that solve the task, each with its result and the source of each argument.
- `tools`: what the task offers: the tools that it needs and a drawn set of others; `ask_expert` asks an expert.
- `orchestration`: what a small model that handles the task may hand on, and what the user thinks of it.
  - `provider`, `priced_on`: whose list prices these are, and of which day. Prices are dollars per million tokens.
  - `orchestrator`: the price and speed of the small model itself.
  - `experts`: the models that may be asked: name, kind (generalist, code, maths), size, who sells it, whether it is closed, a
    description, price in and out, tokens per second, seconds to the first token.
  - `preference`: the user's instruction, and `weights` as canonical JSON: for each tool, each expert, accuracy, cost and latency
    a number from 0 to 1, the vector P of ToolOrchestra's reward.
- `criteria`: the expected state difference and the statements that must be made to the user.
- `difficulty`: counted on the reference: calls, writes, joins between results, rules that judge the calls.
- `origin`: the seeds and the number of the draw. `verdicts`: what each rule said of the task.
- `solved`: for each model that tried the task, how many attempts it made and how many solved it; empty if none did.

## Limits

The world is synthetic, the user's phrases come from templates, the language is English. Statements are compared as values, so
a trajectory may word them freely; whether an agent was polite is not measured.
"""
