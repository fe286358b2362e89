"""The registry at a glance: it costs the same however many files there are."""

from modelkeep.store.queries import counting


def _with_files(history, many):
    """Let the first version have so many files more, of a byte each, as rows."""
    rows = [(f"data/{number:05}", f"sha256:{number:064x}") for number in range(many)]
    history.connection.executemany("INSERT INTO version_blob VALUES (2, 1, ?, ?, 1)", rows)


def test_many_files_are_added_up_only_where_it_is_asked_for(history):
    history.register("fraud")
    own = counting.counts(history.connection, size=False).size_bytes
    _with_files(history, counting.FEW - 1)
    assert counting.counts(history.connection, size=False).size_bytes == own + counting.FEW - 1
    history.connection.execute("INSERT INTO version_blob VALUES (2, 1, 'one more', 'sha256:f', 5)")
    assert counting.counts(history.connection, size=False).size_bytes is None
    assert counting.counts(history.connection, size=True).size_bytes == own + counting.FEW + 4


def test_a_glance_takes_no_more_steps_where_there_are_many_files(history):
    history.register("fraud")
    steps = {}
    for many in (counting.FEW + 1, 10 * counting.FEW):
        history.connection.execute("DELETE FROM version_blob WHERE path LIKE 'data/%'")
        _with_files(history, many)
        taken = []
        history.connection.set_progress_handler(lambda taken=taken: taken.append(1), 100)
        counting.counts(history.connection, size=False)
        history.connection.set_progress_handler(None, 0)
        steps[many] = len(taken)
    few, lots = steps.values()
    assert lots <= few + 1
