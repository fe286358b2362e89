"""What a version was made of, and what was made of it, of data, of a commit or of a run."""

from __future__ import annotations

from modelkeep.domain.answers.pages import Dataset, ParentRef, RunRef
from modelkeep.domain.dataset_names import data_name
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.statement import statement

DATA = """
SELECT dataset.role, dataset.name, dataset.data_version, dataset.digest,
    (SELECT value FROM entry_text
     WHERE entry_text.seq = version.seq AND entry_text.field = 'data.' || CAST(dataset.position AS TEXT))
FROM dataset JOIN version ON version.model = dataset.model AND version.number = dataset.version
WHERE dataset.model = :model AND dataset.version = :number ORDER BY dataset.position
"""

COMMIT = """
SELECT code_commit FROM version WHERE model = :model AND number = :number
"""

RUNS = statement("""
SELECT run.id, (SELECT value FROM entry_text
                WHERE entry_text.seq = run.seq AND entry_text.field = 'run.' || CAST(run.position AS TEXT))
FROM run WHERE run.model = :model AND run.version = :number AND KNOWN(run.seq) ORDER BY run.seq, run.position
""")

PARENTS = """
SELECT parent.parent_model, parent.parent_version, parent.derived_by,
    (SELECT value FROM entry_text
     WHERE entry_text.seq = version.seq AND entry_text.field = 'parent.' || CAST(parent.position AS TEXT))
FROM parent JOIN version ON version.model = parent.model AND version.number = parent.version
WHERE parent.model = :model AND parent.version = :number ORDER BY parent.position
"""

CHILDREN = statement("""
SELECT parent.model, parent.version, parent.derived_by
FROM parent JOIN version ON version.model = parent.model AND version.number = parent.version
WHERE parent.parent_model = :model AND parent.parent_version = :number AND KNOWN(version.seq)
ORDER BY version.seq
""")

_FROM_DATA = """
SELECT dataset.model, dataset.version, dataset.role, dataset.name, dataset.data_version, dataset.digest,
    (SELECT value FROM entry_text
     WHERE entry_text.seq = version.seq AND entry_text.field = 'data.' || CAST(dataset.position AS TEXT))
FROM dataset JOIN version ON version.model = dataset.model AND version.number = dataset.version
WHERE dataset.name = :name AND KNOWN(version.seq)
"""

FROM_DATA = statement(_FROM_DATA + "ORDER BY version.seq, dataset.position")

FROM_DATA_VERSION = statement(_FROM_DATA + "AND dataset.data_version = :version ORDER BY version.seq, dataset.position")

FROM_DATA_DIGEST = statement(
    _FROM_DATA
    + """AND dataset.data_version IS NULL AND substr(dataset.digest, 1, length(:version)) = :version
ORDER BY version.seq, dataset.position
"""
)

COMMITS = statement("""
SELECT DISTINCT code_commit FROM version
WHERE code_commit >= :low AND code_commit < :high AND KNOWN(version.seq) ORDER BY code_commit LIMIT 10
""")

FROM_CODE = statement("""
SELECT model, number FROM version WHERE code_commit = :commit AND KNOWN(version.seq) ORDER BY seq
""")

FROM_RUN = statement("""
SELECT model, version FROM run WHERE id = :id AND KNOWN(run.seq) GROUP BY model, version ORDER BY min(seq)
""")

OF_VERSION = statement("""
SELECT model, number, digest FROM version
WHERE digest >= :low AND digest < :high AND KNOWN(version.seq) ORDER BY seq DESC
""")

OF_FILE = statement("""
SELECT version_blob.model, version_blob.version, version_blob.path, version_blob.digest
FROM version_blob JOIN version ON version.model = version_blob.model AND version.number = version_blob.version
WHERE version_blob.digest >= :low AND version_blob.digest < :high AND KNOWN(version.seq)
ORDER BY version.seq DESC, version_blob.path
""")

WITH_FILE = statement("""
SELECT version_blob.model, version_blob.version, version_blob.path
FROM version_blob JOIN version ON version.model = version_blob.model AND version.number = version_blob.version
WHERE version_blob.digest = :digest AND KNOWN(version.seq)
ORDER BY version_blob.size_bytes DESC, version_blob.model DESC, version_blob.version DESC LIMIT :limit
""")

FILES_OF = statement("SELECT path, digest FROM version_blob WHERE model = :model AND version = :version")


def data_node(name: str, version: str | None, digest: str | None) -> str:
    """Return the name of data in the lineage: ``data:NAME@VERSION``."""
    return f"data:{data_name(name, version, digest)}"


def data(reader: Reader, model: int, number: int) -> tuple[Dataset, ...]:
    """Return the datasets that a version was made from, in the order they were given."""
    return tuple(_dataset(*row) for row in reader.rows(DATA, model=model, number=number))


def commit(reader: Reader, model: int, number: int) -> str | None:
    """Return the commit that a version was made from."""
    found: str | None = reader.one(COMMIT, model=model, number=number)[0]
    return found


def runs(reader: Reader, at: int | None, model: int, number: int) -> tuple[RunRef, ...]:
    """Return the runs of a version as of entry ``at``, each with its first address."""
    found: dict[str, str | None] = {}
    for run, location in RUNS.rows(reader, at, model=model, number=number):
        found[run] = found.get(run) or location
    return tuple(RunRef(run, location) for run, location in found.items())


def parents(reader: Reader, at: int | None, model: int, number: int) -> list[tuple[ParentRef, tuple[int, int] | None]]:
    """Return the parents of a version, each with model and number where it is a version here."""
    found: list[tuple[ParentRef, tuple[int, int] | None]] = []
    for parent, version, word, location in reader.rows(PARENTS, model=model, number=number):
        if parent is None:
            found.append((ParentRef(None, location, word), None))
        else:
            found.append((ParentRef(f"{name_of(reader, at, parent)}@{version}", location, word), (parent, version)))
    return found


def children(reader: Reader, at: int | None, model: int, number: int) -> list[tuple[int, int]]:
    """Return model and number of the versions that were made from one, in the order they came."""
    return list(dict.fromkeys((child, version) for child, version, _ in derived(reader, at, model, number)))


def derived(reader: Reader, at: int | None, model: int, number: int) -> list[tuple[int, int, str | None]]:
    """Return the same with the word for the derivation: ``quantize``."""
    return [(row[0], row[1], row[2]) for row in CHILDREN.rows(reader, at, model=model, number=number)]


def from_data(reader: Reader, at: int | None, name: str, version: str | None) -> list[tuple[int, int, Dataset]]:
    """Return the versions that used data; without a version, any of that name."""
    by_digest = version is not None and version.startswith("sha256:")
    by_version = FROM_DATA_DIGEST if by_digest else FROM_DATA_VERSION
    rows = (FROM_DATA if version is None else by_version).rows(reader, at, name=name, version=version)
    return [(row[0], row[1], _dataset(*row[2:])) for row in rows]


def commits(reader: Reader, at: int | None, prefix: str) -> list[str]:
    """Return the first commits that begin so."""
    return [commit for (commit,) in COMMITS.rows(reader, at, low=prefix, high=prefix + "g")]


def from_code(reader: Reader, at: int | None, commit: str) -> list[tuple[int, int]]:
    """Return the versions that were made from a commit."""
    return [(model, number) for model, number in FROM_CODE.rows(reader, at, commit=commit)]


def from_run(reader: Reader, at: int | None, run: str) -> list[tuple[int, int]]:
    """Return the versions that name a run."""
    return [(model, number) for model, number in FROM_RUN.rows(reader, at, id=run)]


def _dataset(
    role: str | None, name: str, version: str | None, digest: str | None, location: str | None = None
) -> Dataset:
    return Dataset(data_node(name, version, digest), role, name, version, digest, location)


def hits(reader: Reader, at: int | None, digest: str) -> list[tuple[int, int, str | None, str]]:
    """Return model, number, path and digest of the versions with these bytes, newest first; those of the whole first.

    The path is that of the file that has them, None where the whole version has. ``digest`` may be the beginning of one.
    """
    bounds = {"low": digest, "high": digest + "g"}
    found: list[tuple[int, int, str | None, str]] = []
    found += [(model, number, None, full) for model, number, full in OF_VERSION.rows(reader, at, **bounds)]
    found += [(model, number, path, full) for model, number, path, full in OF_FILE.rows(reader, at, **bounds)]
    return found


def versions_with_file(reader: Reader, at: int | None, digest: str, limit: int) -> list[tuple[int, int, str]]:
    """Return model, number and path of at most ``limit`` versions in which a file has these bytes."""
    return [(row[0], row[1], row[2]) for row in WITH_FILE.rows(reader, at, digest=digest, limit=limit)]


def files_of(reader: Reader, model: int, number: int) -> dict[str, str]:
    """Return the digests of a version's files by their paths."""
    return dict(FILES_OF.rows(reader, None, model=model, version=number))
