"""What SQLite itself finds wrong with its pages and indexes: in a large file beside everything else, table by table.

SQLite looks at a whole table at once and lets no writer in meanwhile. It needs no Python while it
looks, so another thread can ask it and the rest goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

from modelkeep.errors import IntegrityError, ModelkeepError
from modelkeep.store.content.workers import begun
from modelkeep.store.db.sqlite import raw_rows as lying
from modelkeep.store.db.sqlite.database import Database

#: Where something is wrong, and what.
Broken: TypeAlias = list[tuple[str, str]]


@contextmanager
def looking(
    database: Database, odd: Collection[str], small_bytes: int = lying.SMALL_BYTES
) -> Iterator[Callable[[], Broken]]:
    """Begin to look, where that takes long; yield what waits for the end of it and returns what was found.

    Tables named in ``odd`` are not what they should be, and are left out. A file of up to ``small_bytes`` is looked
    through at once, at the end.
    """
    look = _Look(database, odd, small_bytes)
    try:
        yield look.found
    finally:
        look.end()


class _Look:
    def __init__(self, database: Database, odd: Collection[str], small_bytes: int) -> None:
        self._database = database
        self._odd = odd
        self._broken: Broken = []
        self._trouble: ModelkeepError | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._large = False
        with suppress(IntegrityError), database.raw() as connection:  # looking will tell
            self._large = not lying.is_small(connection, small_bytes)
        self._beside = self._large and begun(self._thread)

    def found(self) -> Broken:
        if self._beside:
            self._thread.join()
        else:
            self._run()
        if self._trouble is not None:
            raise self._trouble
        return self._broken

    def end(self) -> None:
        """Look at no further table, whatever ended the rest."""
        self._ended = True
        if self._beside:
            self._thread.join()

    def _run(self) -> None:
        try:
            names: list[str | None] = [None]
            if self._large:
                with self._database.raw() as connection:
                    names = [*lying.table_names(connection)]
            for name in names:
                if name not in self._odd and not self._ended:
                    with self._database.raw() as connection:
                        broken = lying.broken_pages(connection, name)
                    self._broken += [(name or "registry.db", text) for text in broken]
        except ModelkeepError as error:
            self._trouble = error
