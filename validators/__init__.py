"""The rules folder: one module a rule, each with a stable code, judged on domains, tasks or builds."""

from toolscale.validators.registry import Finding, Rule, domain_rules, judge_domain, judge_task, rules, task_rules

__all__ = ["Finding", "Rule", "domain_rules", "judge_domain", "judge_task", "rules", "task_rules"]
