"""What the configurations and their columns mean: said once, for the card and for the Croissant file."""

from __future__ import annotations

CONFIG_MEANINGS: dict[str, str] = {
    "tasks": "a task: user scenario, reference calls with results and sources, criteria, difficulty, verdicts",
    "trajectories": "a conversation in OpenAI's message format that solves a task, with the tools it was offered",
    "environments": "a domain (schema, tools, policy) and its database as SQLite bytes",
    "rejections": "a candidate that is no task: the rule that it failed, the reason, the evidence",
}
_IN_ALL = {
    "domain": "The domain's name.",
    "split": "train, validation, test or test_unseen.",
    "database_seed": "What the database was filled from.",
}
COLUMN_MEANINGS: dict[str, dict[str, str]] = {
    "tasks": {
        "task_id": "Derived from the environment, the seeds and what is asked and done.",
        **_IN_ALL,
        "intents": "What the caller wants, in the order of the call; ids of the domain's intents.",
        "refused_rules": "The policy rules for which the agent must refuse something.",
        "wishes": "Each call that the user wants and must not get: the rule that it breaks, and when it is refused.",
        "rules": "The policy rules that judge the reference's calls or forbid its wishes.",
        "conditional": "Whether the data decide which calls are right.",
        "twist": "A turn in the call (change of mind, wrong detail, distraction, impossible wish), or null.",
        "environment_id": "The row of `environments` that the task runs on.",
        "environment_hash": "SHA-256 of the database's content.",
        "user_scenario": "Who calls and why, for people and for a model that plays the user.",
        "scenario": "The same for toolscale's scripted user, as canonical JSON.",
        "reference": "The calls that solve the task: arguments (canonical JSON), result, and where each argument comes from.",
        "criteria": "The expected state difference and the statements that must be made, as canonical JSON.",
        "tools": "What the task offers: the tools that it needs and a drawn set of others; `ask_expert` asks an expert.",
        "orchestration": (
            "What a small model may hand on: whose list prices, and of which day (dollars per million tokens); price and speed "
            "of the small model (`orchestrator`) and of each expert, with its kind, size and description; the user's preference, "
            "in words and as weights from 0 to 1 (canonical JSON: the vector P of ToolOrchestra's reward). Null without experts."
        ),
        "difficulty": "Counted on the reference: calls, writes, joins between results, rules, statements, requests, turns.",
        "origin": "Who drew the task, from which seeds, and the number of the draw.",
        "solved": "For each model that tried the task, how many attempts it made and how many solved it; empty if none did.",
        "verdicts": "What each rule said of the task, and how many variants of the reference it has played.",
    },
    "trajectories": {
        "trajectory_id": "The task's id and the source.",
        "task_id": "The task that is solved.",
        **_IN_ALL,
        "source": "Who made the calls: reference is the reference trajectory.",
        "messages": "The conversation in OpenAI's format; arguments are JSON text.",
        "tools": "The offered tools in OpenAI's function-calling format, as JSON text.",
        "score": "What the scorer gave.",
    },
    "environments": {
        "environment_id": "Derived from the domain and the database.",
        **_IN_ALL,
        "domain_version": "The version in domain.yaml.",
        "scale": "The size of the database; 1 is as domain.yaml says.",
        "clock": "The frozen now of every episode.",
        "domain_json": "domain.yaml as canonical JSON.",
        "schema_sql": "The tables, as SQLite DDL.",
        "tools_json": "The tools: parameters, preconditions, effects, results, as JSON text with SQL.",
        "tool_order": "The order in which the tools are offered.",
        "policy_json": "The policy rules: text, and the SQL predicate that is true where a call breaks one.",
        "environment_hash": "A digest of all that the domain says.",
        "database_hash": "SHA-256 of the database's content, whatever its page layout.",
        "database": "The database as the bytes of an SQLite file.",
    },
    "rejections": {
        "rejection_id": "Derived from the seeds and the number of the draw.",
        **_IN_ALL,
        "draw": "The number of the draw.",
        "intents": "What the caller would have wanted.",
        "rule": "The rule that the candidate failed, or what could not be drawn.",
        "reason": "Why, in a few words.",
        "evidence": "What shows it.",
        "candidate": "The whole candidate as canonical JSON, as far as there was one.",
    },
}
