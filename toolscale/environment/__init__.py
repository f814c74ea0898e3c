"""Environments: tools and policy on a seeded database, episodes on them, and what episodes change."""
