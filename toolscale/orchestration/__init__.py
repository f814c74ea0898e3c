"""Orchestration: a small model that may hand work to stronger ones at a price, under a user's preference.

What a task offers (`offer`, drawn in `offers` from the `catalog` and the preferences), how it is shown to the agent
(`presentation`), who answers (`experts`), and what it costs (`account`).
"""
