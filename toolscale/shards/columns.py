"""The columns of a build's Parquet files: one explicit Arrow schema for each configuration."""

from __future__ import annotations

import pyarrow as pa

_STRINGS = pa.list_(pa.string())
_PRICED_MODEL = [
    ("name", pa.string()),
    ("provider", pa.string()),
    ("dollars_in", pa.float64()),
    ("dollars_out", pa.float64()),
    ("tokens_per_second", pa.float64()),
    ("seconds_to_first_token", pa.float64()),
]
TASKS = pa.schema(
    [
        ("task_id", pa.string()),
        ("domain", pa.string()),
        ("split", pa.string()),
        ("intents", _STRINGS),
        ("refused_rules", _STRINGS),
        (
            "wishes",
            pa.list_(
                pa.struct(
                    [("rule", pa.string()), ("after", pa.int32()), ("name", pa.string()), ("arguments", pa.string())]
                )
            ),
        ),
        ("rules", _STRINGS),
        ("conditional", pa.bool_()),
        ("twist", pa.string()),
        ("environment_id", pa.string()),
        ("environment_hash", pa.string()),
        (
            "user_scenario",
            pa.struct(
                [
                    ("persona", pa.string()),
                    ("task_instructions", pa.string()),
                    ("reason_for_call", pa.string()),
                    ("known_info", pa.string()),
                    ("unknown_info", pa.string()),
                ]
            ),
        ),
        ("scenario", pa.string()),
        (
            "reference",
            pa.list_(
                pa.struct(
                    [
                        ("action_id", pa.string()),
                        ("name", pa.string()),
                        ("arguments", pa.string()),
                        ("result", pa.string()),
                        ("writes", pa.bool_()),
                        ("optional", pa.bool_()),
                        ("decides", pa.bool_()),
                        ("request", pa.int32()),
                        ("sources", pa.string()),
                    ]
                )
            ),
        ),
        ("criteria", pa.string()),
        ("tools", _STRINGS),
        (
            "orchestration",
            pa.struct(
                [
                    ("provider", pa.string()),
                    ("priced_on", pa.string()),
                    ("orchestrator", pa.struct(_PRICED_MODEL)),
                    (
                        "experts",
                        pa.list_(
                            pa.struct(
                                [
                                    *_PRICED_MODEL,
                                    ("kind", pa.string()),
                                    ("size", pa.string()),
                                    ("closed", pa.bool_()),
                                    ("description", pa.string()),
                                ]
                            )
                        ),
                    ),
                    (
                        "preference",
                        pa.struct([("pair", pa.string()), ("instruction", pa.string()), ("weights", pa.string())]),
                    ),
                ]
            ),
        ),
        (
            "difficulty",
            pa.struct(
                [
                    ("level", pa.string()),
                    ("calls", pa.int32()),
                    ("writes", pa.int32()),
                    ("joins", pa.int32()),
                    ("rules", pa.int32()),
                    ("statements", pa.int32()),
                    ("requests", pa.int32()),
                    ("turns", pa.int32()),
                ]
            ),
        ),
        (
            "origin",
            pa.struct(
                [
                    ("author", pa.string()),
                    ("version", pa.string()),
                    ("seed", pa.int64()),
                    ("database_seed", pa.int64()),
                    ("draw", pa.int64()),
                ]
            ),
        ),
        (
            "verdicts",
            pa.list_(
                pa.struct(
                    [("rule", pa.string()), ("passed", pa.bool_()), ("evidence", pa.string()), ("tried", pa.int32())]
                )
            ),
        ),
        (
            "solved",
            pa.list_(
                pa.struct(
                    [("model", pa.string()), ("user", pa.string()), ("attempts", pa.int32()), ("solved", pa.int32())]
                )
            ),
        ),
    ]
)
TRAJECTORIES = pa.schema(
    [
        ("trajectory_id", pa.string()),
        ("task_id", pa.string()),
        ("domain", pa.string()),
        ("split", pa.string()),
        ("source", pa.string()),
        (
            "messages",
            pa.list_(
                pa.struct(
                    [
                        ("role", pa.string()),
                        ("content", pa.string()),
                        (
                            "tool_calls",
                            pa.list_(
                                pa.struct(
                                    [
                                        ("id", pa.string()),
                                        ("type", pa.string()),
                                        ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())])),
                                    ]
                                )
                            ),
                        ),
                        ("tool_call_id", pa.string()),
                        ("name", pa.string()),
                    ]
                )
            ),
        ),
        ("tools", pa.string()),
        ("score", pa.int32()),
    ]
)
ENVIRONMENTS = pa.schema(
    [
        ("environment_id", pa.string()),
        ("domain", pa.string()),
        ("split", pa.string()),
        ("domain_version", pa.string()),
        ("database_seed", pa.int64()),
        ("scale", pa.float64()),
        ("clock", pa.string()),
        ("domain_json", pa.string()),
        ("schema_sql", pa.string()),
        ("tools_json", pa.string()),
        ("tool_order", pa.string()),
        ("policy_json", pa.string()),
        ("environment_hash", pa.string()),
        ("database_hash", pa.string()),
        ("database", pa.binary()),
    ]
)
REJECTIONS = pa.schema(
    [
        ("rejection_id", pa.string()),
        ("domain", pa.string()),
        ("split", pa.string()),
        ("database_seed", pa.int64()),
        ("draw", pa.int64()),
        ("intents", _STRINGS),
        ("rule", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("candidate", pa.string()),
    ]
)
SCHEMAS: dict[str, pa.Schema] = {
    "tasks": TASKS,
    "trajectories": TRAJECTORIES,
    "environments": ENVIRONMENTS,
    "rejections": REJECTIONS,
}
CONFIGS = tuple(SCHEMAS)
