"""Databases: filled from a seed, locked down, hashed by content."""
