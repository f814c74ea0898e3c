"""The dataset card: README.md with the configurations that `datasets` and the Hub read, and what people need to know.

A build and each version of a release have one; a version's says moreover which version it is, and what was retracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from datasets import Features
from jinja2 import Environment, StrictUndefined

from toolscale.shards.columns import CONFIGS
from toolscale.shards.example import example
from toolscale.shards.meanings import COLUMN_MEANINGS, CONFIG_MEANINGS
from toolscale.synthesis.plan import SPLITS

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TEMPLATE = (resources.files("toolscale.shards") / "card.md.jinja").read_text(encoding="utf-8")
_HERE = '"path/to/this/folder"'


def card(manifest: Mapping[str, Any], folder: Path, plots: Mapping[str, str] | None = None) -> str:
    """Return the text of the card of the build in `folder`; `plots` names the pictures with what they show."""
    schemas = written_schemas(folder)
    header = yaml.safe_dump(_header(manifest, folder, schemas), sort_keys=False, allow_unicode=True, width=10_000)
    # Markdown, so nothing is escaped
    template = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, keep_trailing_newline=True)  # noqa: S701
    release: dict[str, Any] = manifest.get("release", {})
    named = release.get("repository")
    body = template.from_string(_TEMPLATE).render(
        manifest={"solved": (), **manifest},
        release=release,
        authoring=manifest["configuration"].get("authoring"),
        plots=plots,
        title=_title(manifest),
        tasks=f"{manifest['tasks']:,}",
        configs=list(schemas),
        domain_configs=_domain_configs(manifest, folder),
        config_meanings=CONFIG_MEANINGS,
        columns={config: schema.names for config, schema in schemas.items()},
        column_meanings=COLUMN_MEANINGS,
        example=example(folder),
        funnel=_table(_funnel(manifest)),
        command=_command(manifest["configuration"]),
        address=f'"{named}", revision="{release["version"]}"' if named else _HERE,
        hub_address=f'"{named}"' if named else _HERE,
        folder=f'"hf://datasets/{named}@{release["version"]}"' if named else _HERE,
    )
    return f"---\n{header}---\n\n{body}"


def written_schemas(folder: Path) -> dict[str, pa.Schema]:
    """Return the schema of each configuration that has rows, as its files have it: older row formats lack columns."""
    files = {config: sorted((folder / config).glob("*.parquet")) for config in CONFIGS}
    return {config: pq.read_schema(found[0]) for config, found in files.items() if found}


def _header(manifest: Mapping[str, Any], folder: Path, schemas: Mapping[str, pa.Schema]) -> dict[str, Any]:
    files = {config: {split: f"{config}/{split}-*.parquet" for split in SPLITS} for config in schemas}
    for config, domain in _domain_configs(manifest, folder).items():
        files[config] = {split: f"tasks/{split}-{domain}-*.parquet" for split in SPLITS}
    configs = []
    for config, paths in files.items():
        present = {split: path for split, path in paths.items() if any(folder.glob(path))}
        default = {"default": True} if config == "tasks" else {}
        data_files = [{"split": split, "path": path} for split, path in present.items()]
        configs.append({"config_name": config, **default, "data_files": data_files})
    return {
        "pretty_name": _title(manifest),
        "license": "apache-2.0",
        "language": ["en"],
        "size_categories": [next((label for limit, label in _SIZES if manifest["tasks"] < limit), "n>1M")],
        "task_categories": ["text-generation"],
        "tags": ["tool-use", "function-calling", "agents", "synthetic", "verifiable", "reinforcement-learning"],
        "configs": configs,
        "dataset_info": [
            {
                "config_name": config,
                "features": Features.from_arrow_schema(schemas.get(config, schemas["tasks"]))._to_yaml_list(),
            }
            for config in files
        ],
    }


def _title(manifest: Mapping[str, Any]) -> str:
    return f"toolscale: {', '.join(manifest['domains'])}"


def _domain_configs(manifest: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the configurations with one domain's tasks, by name; a domain named like another configuration gets a longer one.

    Files of row format 1 name no domain: then there are none.
    """
    apart = [name for name in manifest["domains"] if any(folder.glob(f"tasks/*-{name}-*.parquet"))]
    return {(f"{name}_tasks" if name in CONFIGS else name): name for name in apart}


def _funnel(manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Return what became of the draws, a row a domain and a column a rule that rejected any."""
    rules = sorted({rule for domain in manifest["domains"].values() for rule in domain["rejected"]})
    return pd.DataFrame(
        [
            {
                "domain": name,
                "version": domain["version"],
                "drawn": domain["drawn"],
                "accepted": domain["accepted"],
                "yield": f"{domain['accepted'] / domain['drawn']:.1%}",
                **{rule: domain["rejected"].get(rule, 0) for rule in rules},
            }
            for name, domain in manifest["domains"].items()
        ]
    )


def _table(frame: pd.DataFrame) -> str:
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * len(frame.columns)]
    lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


def _command(configuration: Mapping[str, Any]) -> str:
    words = ["toolscale build", f"--domains {','.join(configuration['domains'])}"]
    own = [name for name in configuration if name not in ("domains", "authoring")]
    words += [f"--{name.replace('_', '-')} {configuration[name]}" for name in own]
    return " ".join([*words, *_authoring(configuration.get("authoring")), "--out DIR"])


def _authoring(authoring: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the options that let a model write."""
    if authoring is None:
        return
    if authoring["drafts"]:
        yield "--author llm"
    yield from (f"--{name}" for name in ("evolve", "rewrite") if authoring[name])
    yield f"--model {authoring['models']['model']}"
    yield from (f"--set {name}={value}" for name, value in authoring["models"].items() if name != "model")
