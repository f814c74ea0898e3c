"""Exploring: the databases of a build as SQLite files, served by Datasette for people to look at."""
