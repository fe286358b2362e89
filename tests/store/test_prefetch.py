"""Reading ahead is a hint: whatever lies where, the answer is what a look-up by digest gives."""

import random
import sqlite3

import pytest

from modelkeep.store.db.sqlite.prefetch import Prefetch
from modelkeep.store.db.sqlite.transaction import Transaction


def table(values):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE document (digest TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL)")
    connection.executemany("INSERT INTO document VALUES (?, ?)", values.items())
    return Transaction(connection)


VALUES = {f"sha256:{number:04}": b"%d" % number for number in range(1000)}
BIG = {**VALUES, "sha256:0500": b"x" * 100_000}


@pytest.mark.parametrize("values", [VALUES, BIG], ids=["small", "big"])
@pytest.mark.parametrize("order", ["in turn", "backwards", "any", "each twice", "every tenth"])
def test_every_value_is_found_in_whatever_order_it_is_asked_for(values, order):
    asked = {
        "in turn": list(values),
        "backwards": list(reversed(values)),
        "any": random.Random(1).sample(list(values), len(values)),
        "each twice": [digest for digest in values for _ in (1, 2)],
        "every tenth": list(values)[::10],
    }[order]
    connection, ahead = table(values), Prefetch("document", "bytes")
    assert [ahead.get(connection, digest) for digest in asked] == [values[digest] for digest in asked]
    assert ahead.get(connection, "sha256:none") is None


def test_what_is_asked_for_in_turn_is_hardly_ever_looked_up():
    connection, ahead, said = table(VALUES), Prefetch("document", "bytes"), []
    connection.connection.set_trace_callback(said.append)
    for digest in VALUES:
        ahead.get(connection, digest)
    assert len(said) < 10


def test_what_is_written_meanwhile_is_found():
    connection, ahead = table(VALUES), Prefetch("document", "bytes")
    for digest in VALUES:
        ahead.get(connection, digest)
    connection.connection.execute("INSERT INTO document VALUES ('sha256:late', x'00')")
    assert ahead.get(connection, "sha256:late") == b"\0"
