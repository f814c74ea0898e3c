"""Prefect flows: thin; they order, schedule and watch what the library does."""
