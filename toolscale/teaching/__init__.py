"""Teaching: a model solves a build's tasks live; how often it does is their difficulty, its solutions are trajectories."""
