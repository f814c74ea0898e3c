"""Scoring: whether a trajectory solves its task, and what is wrong where it does not."""
