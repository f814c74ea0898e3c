"""What others train and evaluate on: one module a format, and the episode in which everything is a tool call."""
