"""What SQLite's own ``integrity_check`` finds wrong with the pages and indexes of the database.

SQLite checks a whole table at once and lets no writer in meanwhile. Of a large file it is asked table
by table, in a second thread: it needs no Python while it checks, so the rest of `verify` goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

from modelkeep.errors import IntegrityError, ModelkeepError
from modelkeep.store.content.workers import begun
from modelkeep.store.db.sqlite import raw_rows
from modelkeep.store.db.sqlite.database import Database

#: The table (or ``registry.db``) and what is wrong with it.
BrokenPages: TypeAlias = list[tuple[str, str]]


@contextmanager
def checking_pages(
    database: Database, odd: Collection[str], small_bytes: int = raw_rows.SMALL_BYTES
) -> Iterator[Callable[[], BrokenPages]]:
    """Begin the check of a large file; yield a function that waits for its end and returns what is broken.

    Tables named in ``odd`` are left out: their schema is not ours. A file of up to ``small_bytes`` is
    checked when the function is called.
    """
    check = _PageCheck(database, odd, small_bytes)
    try:
        yield check.result
    finally:
        check.stop()


class _PageCheck:
    def __init__(self, database: Database, odd: Collection[str], small_bytes: int) -> None:
        self._database = database
        self._odd = odd
        self._broken: BrokenPages = []
        self._error: ModelkeepError | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._large = False
        with suppress(IntegrityError), database.raw() as connection:  # the check itself will report it
            self._large = not raw_rows.is_small(connection, small_bytes)
        self._in_thread = self._large and begun(self._thread)

    def result(self) -> BrokenPages:
        if self._in_thread:
            self._thread.join()
        else:
            self._run()
        if self._error is not None:
            raise self._error
        return self._broken

    def stop(self) -> None:
        """Check no further table, and wait for the one at hand."""
        self._stopped = True
        if self._in_thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            names: list[str | None] = [None]
            if self._large:
                with self._database.raw() as connection:
                    names = [*raw_rows.table_names(connection)]
            for name in names:
                if name not in self._odd and not self._stopped:
                    with self._database.raw() as connection:
                        broken = raw_rows.broken_pages(connection, name)
                    self._broken += [(name or "registry.db", text) for text in broken]
        except ModelkeepError as error:
            self._error = error
