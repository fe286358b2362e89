"""Rows and bytes on disk: the only place that knows SQL, paths and buckets.

db/         the database: its schema, readers and writers, the writers' queue, every SELECT
bucket/     where bytes are kept, each content once under its digest; it neither hashes nor compares
content/    the work on contents above every bucket: hashing, deduplication, checking, transfer
ingest/     artifacts on their way in;  export/  artifacts on their way out
access/     accounts, groups, mounts and locks
"""
