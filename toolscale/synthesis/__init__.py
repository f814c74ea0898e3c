"""Synthesis: from a domain folder and a filled database to tasks with reference trajectories."""
