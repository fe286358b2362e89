"""Which bytes are needed: each content once, and none of a deleted version."""

import sqlite3

import pytest

from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sqlite.connection import Transaction


@pytest.fixture
def reader():
    """Return the two tables that matter here, as a schema that knows deletion has them."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE version_blob (model INT, version INT, path TEXT, digest TEXT, size_bytes INT)")
    rows = [
        (1, 1, "a", "sha256:b", 2),
        (1, 1, "b", "sha256:a", 1),
        (1, 2, "a", "sha256:b", 2),
        (2, 1, "a", "sha256:c", 3),
    ]
    connection.executemany("INSERT INTO version_blob VALUES (?, ?, ?, ?, ?)", rows)
    return Transaction(connection)


def test_each_content_is_needed_once(reader):
    assert reachable.needed(reader) == [("sha256:a", 1), ("sha256:b", 2), ("sha256:c", 3)]
    assert reachable.is_needed(reader, "sha256:c")
    assert not reachable.is_needed(reader, "sha256:d")


def test_pages_join_without_a_gap(reader):
    first = reachable.needed(reader, page_rows=1)
    assert first == [("sha256:a", 1)]
    assert reachable.needed(reader, first[-1]) == [("sha256:b", 2), ("sha256:c", 3)]


def test_what_only_deleted_versions_had_is_not_needed(reader):
    reader.run("CREATE TABLE deleted (model INT, version INT, seq INT)")
    reader.run("INSERT INTO deleted VALUES (1, 1, 9), (2, 1, 9)")
    assert reachable.needed(reader) == [("sha256:b", 2)]
    assert reachable.is_needed(reader, "sha256:b")
    assert not reachable.is_needed(reader, "sha256:a")
