"""Content-addressed bytes above a bucket: hashing, deduplication, checking."""
