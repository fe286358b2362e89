"""The answers of a registry: plain frozen values that would survive a pipe.

Times are the log's own text (RFC 3339, UTC), sizes are bytes, digests are full, and a version is named ``NAME@NUMBER``.
The JSON documents of the command line are made from them, so fields are only ever added.

One module a family: a command loads the few that it makes.
"""
