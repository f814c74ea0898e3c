"""Shards: builds as folders of Parquet files, written byte for byte the same and read years later."""
