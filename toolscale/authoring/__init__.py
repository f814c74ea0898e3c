"""Models as authors: drafted tasks, rewritten words, whole domains. What a model writes is data, and execution decides on it."""
