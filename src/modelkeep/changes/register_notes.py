"""What `register` says of versions that are there: that they have the same bytes, or were trained from the same."""

from __future__ import annotations

from collections.abc import Iterable

from modelkeep.changes.change_request import ChangeRequest
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Register
from modelkeep.reads.references import Say
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import training as select
from modelkeep.store.db.sql.deciding import WITH_FILE_ALONE
from modelkeep.store.db.state import SqlState
from modelkeep.store.ingest.artifact import Ingested


def note_same_bytes(reader: Reader, say: Say, model: int, name: str, ingested: Ingested) -> None:
    """Say that a file is one of this model's versions already, under another name or with another executable bit."""
    if len(ingested.manifest.files) != 1 or SqlState(reader).version_with_digest(model, ingested.manifest.digest):
        return
    (file,) = ingested.manifest.files
    for number, path in reader.rows(WITH_FILE_ALONE, model=model, digest=file.digest):
        other = f"is called {path}" if path != file.path else f"is {'not ' * file.executable}executable"
        say(f"note: these bytes are {name}@{number} too, where the file {other}")


def note_same_training(reader: Reader, say: Say, change: ChangeRequest) -> None:
    """Say that a version was trained from the same data, code and params, unless these are its bytes again."""
    command, subject = change.command, change.subject
    if not isinstance(command, Register) or subject.model is None or subject.digest is None:
        return
    if command.if_exists != "new" and SqlState(reader).version_with_digest(subject.model, subject.digest) is not None:
        return
    same = _same_training(reader, subject.model, command, change.fields)
    if same is not None:
        say(f"note: same data, code and params as {subject.name}@{same}")


def _same_training(reader: Reader, model: int, command: Register, fields: Iterable[tuple[str, str]]) -> int | None:
    """Return the newest version with the same data, code, params and seeds, of the newest hundred of the model.

    None where that cannot be told: without data, with data that has neither version nor digest, and where the code or
    what was changed of it is not known. ``fields`` are those of the details.
    """
    code = command.code
    if code is None or code.commit is None or code.state is None or (code.state == "dirty" and code.diff is None):
        return None
    if not command.data or any(each.version is None and each.digest is None for each in command.data):
        return None
    params = {name: value for name, value in fields if name.startswith("param.")}
    seeds = sorted(() if command.trained is None else command.trained.seeds)
    given = {"commit": code.commit, "state": code.state, "diff": code.diff or ""}
    for number, seq in reader.rows(select.FROM_COMMIT, model=model, **given):
        data = {Data(*row) for row in reader.rows(select.DATA, model=model, number=number)}
        if (
            data == set(command.data)
            and sorted(seed for (seed,) in reader.rows(select.SEEDS, model=model, number=number)) == seeds
            and dict(reader.rows(select.PARAMS, seq=seq)) == params
        ):
            return int(number)
    return None
