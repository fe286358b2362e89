"""Bytes and rows on disk: the only place that knows SQL, paths and buckets.

Here        the log and its picture: the schema, one way to open the file, the writers' queue, every SELECT
bucket/     where bytes are kept: each content once, under its digest
ingest/   files on their way in;  export/  artifacts on their way out
care/       what lies in a store, what is needed, putting right what is damaged
backup/     all of it once more, elsewhere
access/     accounts, groups, mounts and locks
"""
