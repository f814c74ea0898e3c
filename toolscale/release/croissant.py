"""croissant.json: the release as MLCommons' Croissant 1.0 describes datasets, with its fields for responsible AI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from toolscale.shards.meanings import COLUMN_MEANINGS, CONFIG_MEANINGS

CROISSANT = "croissant.json"
_LICENCE = "https://www.apache.org/licenses/LICENSE-2.0"
_HUB = "https://huggingface.co/datasets"
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet"),
            *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
            *(
                "references",
                "regex",
                "repeated",
                "replace",
                "samplingRate",
                "separator",
                "source",
                "subField",
                "transform",
            ),
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
}


def croissant(manifest: Mapping[str, Any], schemas: Mapping[str, pa.Schema]) -> dict[str, Any]:
    """Return the description of a version of a release, whose files lie beside it; `schemas` are those of its configurations."""
    release = manifest["release"]
    named = release.get("repository")
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": named.partition("/")[2] if named else "toolscale",
        "description": f"{manifest['tasks']} verifiable multi-turn tool-use tasks, each proven by execution.",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "citeAs": f"@misc{{toolscale, title={{toolscale {manifest['toolscale']}, dataset {manifest['fingerprint']}}}}}",
        "license": _LICENCE,
        **({"url": f"{_HUB}/{named}"} if named else {}),
        "version": release["version"].removeprefix("v"),
        "keywords": ["tool use", "function calling", "agents", "synthetic", "verifiable"],
        "inLanguage": ["en"],
        **_RESPONSIBLE,
        "distribution": [
            {
                "@type": "cr:FileSet",
                "@id": f"{config}-files",
                "encodingFormat": "application/x-parquet",
                "includes": f"{config}/*.parquet",
            }
            for config in schemas
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": config,
                "description": CONFIG_MEANINGS[config],
                "field": [
                    _field(config, column, COLUMN_MEANINGS[config][column.name], column.name, []) for column in schema
                ],
            }
            for config, schema in schemas.items()
        ],
    }


def _field(config: str, column: pa.Field, meaning: str, top: str, inside: list[str]) -> dict[str, Any]:
    """Return a column, or a part of one: `inside` are the names on the way to it from the column `top`.

    Lists inside columns are left out: mlcroissant's paths do not lead into them.
    """
    name = "/".join([config, top, *inside])
    repeated = pa.types.is_list(column.type)
    kind = column.type.value_type if repeated else column.type
    source: dict[str, Any] = {"fileSet": {"@id": f"{config}-files"}, "extract": {"column": top}}
    if inside:
        source["transform"] = {"jsonPath": ".".join(inside)}
    described: dict[str, Any] = {"@type": "cr:Field", "@id": name, **({"description": meaning} if meaning else {})}
    if repeated:
        described["repeated"] = True
    if pa.types.is_struct(kind):
        parts = [part for part in kind if not pa.types.is_list(part.type)]
        described["subField"] = [_field(config, part, "", top, [*inside, part.name]) for part in parts]
    else:
        described |= {"dataType": _DATA_TYPES[kind], "source": source}
    return described


_DATA_TYPES = {
    pa.string(): "sc:Text",
    pa.binary(): "sc:Text",
    pa.bool_(): "sc:Boolean",
    pa.int32(): "sc:Integer",
    pa.int64(): "sc:Integer",
    pa.float64(): "sc:Float",
}
_RESPONSIBLE = {
    "rai:dataCollection": "Drawn by a program from domain folders (YAML and SQL) and seeds; nothing was collected from people.",
    "rai:dataCollectionType": ["Synthetic"],
    "rai:dataPreprocessingProtocol": ["Candidates that fail a rule are kept apart, with the rule and the evidence."],
    "rai:dataAnnotationProtocol": [
        "The criteria of each task were derived by executing its reference calls; every wrong variant that was played scores 0."
    ],
    "rai:annotationsPerItem": "One verdict a rule, by execution.",
    "rai:machineAnnotationTools": ["toolscale"],
    "rai:dataUseCases": ["Training and evaluating agents that call tools, also by reinforcement learning."],
    "rai:dataLimitations": ["The world is synthetic, the user's phrases come from templates, the language is English."],
    "rai:dataBiases": ["Names, places and habits are those of the generators in Faker and of the domains' authors."],
    "rai:dataSocialImpact": "Agents that follow policies are measured on made-up companies only.",
    "rai:personalSensitiveInformation": ["None: all persons, addresses and identifiers are made up."],
    "rai:dataReleaseMaintenancePlan": "Versions never change; errata are listed in the manifest of a patch version.",
}
