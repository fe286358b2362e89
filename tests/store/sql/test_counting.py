"""The registry at a glance: it costs the same however many files there are."""

from modelkeep.reads import status


def _with_files(history, many):
    """Let the first version have so many files more, of a byte each, as rows."""
    rows = [(f"data/{number:05}", f"sha256:{number:064x}") for number in range(many)]
    history.connection.connection.executemany("INSERT INTO version_blob VALUES (2, 1, ?, ?, 1)", rows)


def test_many_files_are_added_up_only_where_it_is_asked_for(history):
    history.register("fraud")
    own = history.registry.status().size_bytes
    _with_files(history, status.FEW - 1)
    assert history.registry.status().size_bytes == own + status.FEW - 1
    history.connection.connection.execute("INSERT INTO version_blob VALUES (2, 1, 'one more', 'sha256:f', 5)")
    assert history.registry.status().size_bytes is None
    assert history.registry.status(size=True).size_bytes == own + status.FEW + 4


def test_a_glance_takes_no_more_steps_where_there_are_many_files(history):
    history.register("fraud")
    steps = {}
    for many in (status.FEW + 1, 10 * status.FEW):
        history.connection.connection.execute("DELETE FROM version_blob WHERE path LIKE 'data/%'")
        _with_files(history, many)
        taken = []
        history.connection.connection.set_progress_handler(lambda taken=taken: taken.append(1), 100)
        history.registry.status()
        history.connection.connection.set_progress_handler(None, 0)
        steps[many] = len(taken)
    few, lots = steps.values()
    assert lots < few * 1.1
