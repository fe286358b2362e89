"""Bytes and rows on disk: the only place that knows SQL, paths and buckets."""
