"""The part of the API that is about datasets: they are recorded, listed and shown.

`DatasetRecords` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.api_types import Dataset, Moment, Path, Texts
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.datasets import DatasetPage, DatasetRow


@checked_class
class DatasetRecords:
    """The methods of a `Registry` about datasets."""

    _context: Context

    def add_dataset(
        self,
        name: str,
        source: Dataset | None = None,
        *,
        schema: Path | None = None,
        rows: int | None = None,
        parents: Texts = (),
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Record a version of a dataset, ``NAME@VERSION``, which never changes.

        ``source`` is a path (hashed), a URI, a file of DVC (``x.dvc``), whose hashes are taken, or the ``feature_store.yaml`` of a
        view of Feast (``STORE/VIEW@VERSION``), whose definition becomes the schema. ``schema`` is a file of at
        most 1 MiB, ``parents`` are the datasets that it was made from. The same again changes nothing; other contents are a
        `Conflict`.

        >>> registry.add_dataset("transactions@2026-02", "s3://lake/transactions/2026-02", rows=120000).changed
        True
        """
        from modelkeep.changes import datasets
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change
        from modelkeep.local_path import local_path

        request = datasets.DatasetRequest(
            name=name,
            source=source,
            schema=None if schema is None else local_path(schema, "--schema"),
            rows=rows,
            parents=parents,
            dry_run=dry_run,
        )
        resolve = datasets.add_dataset(self._context, request)
        return answer(run_change(self._context, resolve, message=message, dry_run=dry_run))

    def datasets(self, pattern: str | None = None, *, as_of: Moment | None = None) -> tuple[DatasetRow, ...]:
        """Return datasets by name: those that were recorded, and those that versions or their metrics only name.

        ``pattern`` is a name or a glob (``risk/*``).

        >>> registry.add_dataset("transactions@2026-02").changed
        True
        >>> [(each.node, each.recorded) for each in registry.datasets("transactions")]
        [('data:transactions@2026-02', True)]
        """
        from modelkeep.reads import datasets

        return datasets.datasets(self._context, pattern, as_of)

    def dataset(self, name: str, *, as_of: Moment | None = None) -> DatasetPage:
        """Return all that is known of a dataset: ``NAME@VERSION``, or a name alone for its newest version.

        >>> made = registry.add_dataset("cards@2026-02", "s3://lake/cards/2026-02", rows=120000)
        >>> page = registry.dataset("cards@2026-02")
        >>> page.location, page.rows, page.used
        ('s3://lake/cards/2026-02', 120000, ())
        """
        from modelkeep.reads import datasets

        return datasets.dataset(self._context, name, as_of)

    def dataset_schema(self, name: str, *, as_of: Moment | None = None) -> bytes:
        """Return the document with the schema of a dataset; `NotFound` where none was recorded.

        >>> made = registry.add_dataset("transactions@2026-02", schema="model.onnx")
        >>> registry.dataset_schema("transactions@2026-02")
        b'one'
        """
        from modelkeep.reads import datasets

        return datasets.schema(self._context, name, as_of)
