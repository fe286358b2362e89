"""What a reference means: a model by a present or former name, without case; a version by NAME@SELECTOR or digest."""

from __future__ import annotations

from shlex import quote
from typing import assert_never

from msgspec import Struct

from modelkeep.domain.labels import fold, label_key
from modelkeep.domain.refs import Digest, Label, Number, Ref, Word
from modelkeep.domain.stages import DEVELOPMENT, is_development, resolve_stage
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.store.db.interface import Reader, Row, Value
from modelkeep.store.db.sql import deciding, shared, version_states
from modelkeep.store.db.sql.statement import statement

VERSION = statement("""
SELECT digest FROM version WHERE model = :model AND number = :number AND KNOWN(version.seq)
""")

LABELLED = statement("""
SELECT number FROM version WHERE model = :model AND label_key = :key AND KNOWN(version.label_seq)
""")

LABELS = statement("""
SELECT label FROM version WHERE model = :model AND label_key IS NOT NULL AND label IS NOT NULL AND KNOWN(version.label_seq)
ORDER BY label_key DESC LIMIT 1000
""")

ALIAS = statement("""
SELECT version FROM alias WHERE model = :model AND alias = :alias AND HOLDS(alias)
""")

ALIASES = statement(shared.ALIASES)

# In one model or (NULL) in all. What was deleted is meant by a digest only where nothing else is.
_CHOSEN = f"""
    AND (CAST(:model AS BIGINT) IS NULL OR version.model = :model) AND KNOWN(version.seq)
    AND (:deleted = 1 OR NOT {shared.IS_DELETED})
ORDER BY version.seq DESC LIMIT 50
"""

# A digest is looked up by its beginning: all hex digits sort before 'g'.
OF_VERSION = statement(f"""
SELECT model, number, digest FROM version WHERE digest >= :low AND digest < :high {_CHOSEN}
""")

OF_FILE = statement(f"""
SELECT version.model, version.number, version.digest
FROM version_blob JOIN version ON version.model = version_blob.model AND version.number = version_blob.version
WHERE version_blob.digest >= :low AND version_blob.digest < :high AND version.files = 1 {_CHOSEN}
""")

BEARER = statement(shared.BEARER)
# The last name that a model got: a deleted one keeps it.
NAME = statement("""
SELECT name FROM model_name WHERE model = :model AND KNOWN(model_name.since_seq) ORDER BY since_seq DESC LIMIT 1
""")

FORMER = statement("""
SELECT name FROM model_name
WHERE model = :model AND KNOWN(model_name.since_seq) AND folded <> :folded AND NOT EXISTS (
    SELECT 1 FROM model_name AS earlier
    WHERE earlier.model = :model AND earlier.folded = model_name.folded AND earlier.since_seq < model_name.since_seq)
ORDER BY since_seq
""")

# Names of a similar length, and those with the text as their first or last segments, are enough to find the one that
# was meant.
SIMILAR = statement("""
SELECT name FROM model_name
WHERE (length(folded) BETWEEN :shortest AND :longest OR folded LIKE :first OR folded LIKE :last) AND HOLDS(model_name) ORDER BY folded LIMIT 5000
""")

# How many versions a hint lists, by how many letters a similar name may differ in length, how many names it suggests.
_LISTED, _LENGTH_DIFFERENCE, _SUGGESTED = 10, 3, 3


class Resolved(Struct, frozen=True):
    """A version (or, without a number, a model) by what identifies it, under its name at the moment asked for.

    ``digest`` is the version's, None for a model; ``renamed_from`` the older name that was typed.
    """

    model: int
    name: str
    number: int | None = None
    digest: str | None = None
    renamed_from: str | None = None

    @property
    def ref(self) -> str:
        """The name, with the number if there is one."""
        return self.name if self.number is None else f"{self.name}@{self.number}"


def resolve(reader: Reader, at: int | None, ref: Ref) -> Resolved:
    """Return what a reference meant at a moment; a bare name is the model, without a number.

    Raises ``NotFound`` with what is near, ``Conflict`` where a digest means several versions.
    """
    if ref.name is None:
        if not isinstance(ref.selector, Digest):
            message = f"not a reference: {ref}"
            raise UsageError(message)
        return of_digest(reader, at, ref.selector, None)
    model = find_model(reader, at, ref.name)
    match ref.selector:
        case None:
            return model
        case Digest():
            return of_digest(reader, at, ref.selector, model)
        case Number(number):
            chosen = number
        case Label(text):
            chosen = _labelled(reader, at, model, text)
        case Word("latest"):
            chosen = _latest(reader, at, model)
        case Word(text):
            chosen = _stage_or_alias(reader, at, model, text)
        case _:
            assert_never(ref.selector)
    return _existing_version(reader, at, model, chosen)


def of_digest(reader: Reader, at: int | None, selector: Digest, model: Resolved | None) -> Resolved:
    """Return the version whose digest, or whose only file's digest, begins so; in one model or in all."""
    hits = _hits(reader, at, str(selector), model, deleted=0) or _hits(reader, at, str(selector), model, deleted=1)
    if not hits:
        message = f"{'there is' if model is None else f'{model.name} has'} no version with the digest {selector}"
        raise NotFound(message, "modelkeep list" if model is None else f"modelkeep list {quote(model.name)}")
    if len(hits) > 1:
        refs = [f"{name_of(reader, at, one)}@{number}" for one, number, _ in hits[:_LISTED]]
        more = f" and {len(hits) - _LISTED} more" if len(hits) > _LISTED else ""
        message = f"{selector} means several versions: {', '.join(refs)}{more}"
        raise Conflict(message, f"name one of them: {refs[0]}")
    found, number, digest = hits[0]
    renamed = None if model is None else model.renamed_from
    return Resolved(found, name_of(reader, at, found), number, digest, renamed)


def _hits(reader: Reader, at: int | None, low: str, model: Resolved | None, deleted: int) -> list[Row]:
    """Return model, number and digest of versions, the deleted ones too if they are wanted."""
    one = None if model is None else model.model
    bounds: dict[str, Value] = {"low": low, "high": low + "g", "deleted": deleted, "model": one}
    return list(dict.fromkeys(OF_VERSION.rows(reader, at, **bounds) + OF_FILE.rows(reader, at, **bounds)))


def _existing_version(reader: Reader, at: int | None, model: Resolved, number: int) -> Resolved:
    if at is None:
        found = deciding.VERSION.recall(reader, at, model=model.model, number=number)
    else:
        found = VERSION.rows(reader, at, model=model.model, number=number)
    if found:
        return Resolved(model.model, model.name, number, found[0][0], model.renamed_from)
    highest = version_states.newest_undeleted(reader, at, model.model) or version_states.newest(reader, at, model.model)
    message = _has_no(model, at, f"version {number}")
    raise NotFound(
        message, f"modelkeep list {quote(model.name)}        (newest {'is' if at is None else 'was'} {highest})"
    )


def _labelled(reader: Reader, at: int | None, model: Resolved, text: str) -> int:
    row = LABELLED.row(reader, at, model=model.model, key=label_key(text))
    if row is not None:
        return int(row[0])
    message = _has_no(model, at, f"version with the label {text}")
    labels = [label for (label,) in LABELS.rows(reader, at, model=model.model)]
    raise NotFound(message, hint(f"modelkeep list {quote(model.name)}", text, labels))


def _latest(reader: Reader, at: int | None, model: Resolved) -> int:
    number = version_states.latest(reader, at, model.model)
    if number is not None:
        return number
    message = _has_no(model, at, "version that is neither archived, deleted nor bad")
    raise NotFound(message, f"modelkeep list {quote(model.name)} --all")


def _stage_or_alias(reader: Reader, at: int | None, model: Resolved, text: str) -> int:
    """Return the version that a stage (tried first) or an alias means."""
    stages = version_states.stages(reader, at)
    if is_development(text, stages):
        number = version_states.in_development(reader, at, model.model)
        if number is None:
            raise _no_holder(reader, at, model, DEVELOPMENT, is_stage=False)
        return number
    stage = resolve_stage(text, stages)
    if stage is not None:
        for each in version_states.holders(reader, at, model.model):
            if each.stage == stage.name:
                return each.version
        raise _no_holder(reader, at, model, stage.name)
    row = ALIAS.row(reader, at, model=model.model, alias=text)
    if row is not None:
        return int(row[0])
    message = _has_no(model, at, f"stage or alias '{text}'")
    known = [stage.name for stage in stages] + [alias for alias, _ in ALIASES.rows(reader, at, model=model.model)]
    raise NotFound(message, hint(f"modelkeep show {quote(model.name)}", text, known))


def _no_holder(reader: Reader, at: int | None, model: Resolved, stage: str, *, is_stage: bool = True) -> NotFound:
    """Return the error for a stage without a holder; the hint promotes a version, or shows the history."""
    if at is not None:
        message = f"{model.name} had nothing in {stage} then"
        return NotFound(message, f"modelkeep history {quote(model.name)}")
    message = f"{model.name} has nothing in {stage}"
    number = version_states.latest(reader, at, model.model)
    if not is_stage or number is None:
        return NotFound(message, f"modelkeep list {quote(model.name)}")
    return NotFound(message, f"modelkeep promote {quote(model.name)}@{number} {quote(stage)}")


def _has_no(model: Resolved, at: int | None, what: str) -> str:
    return f"{model.name} has no {what}" if at is None else f"{model.name} had no {what} then"


def find_model(reader: Reader, at: int | None, name: str) -> Resolved:
    """Return the model that bears or bore a name; ``NotFound`` with near names."""
    row = BEARER.row(reader, at, folded=fold(name))
    if row is None:
        raise no_model_error(reader, at, name)
    model, as_written = row
    present = name_of(reader, at, model)
    return Resolved(model, present, renamed_from=None if fold(present) == fold(as_written) else as_written)


def name_of(reader: Reader, at: int | None, model: int) -> str:
    """Return what a model was called at a moment."""
    found = reader.recall(deciding.MODEL, model=model) if at is None else NAME.rows(reader, at, model=model)
    if not found:
        message = f"there was no model {model} then"
        raise NotFound(message)
    return str(found[0][0])


def name_before(reader: Reader, at: int, name: str) -> str | None:
    """Return what a model was called at a moment that got this name later; None where a model bore it by then."""
    if BEARER.row(reader, at, folded=fold(name)) is not None:
        return None
    later = BEARER.row(reader, None, folded=fold(name))
    then = None if later is None else NAME.row(reader, at, model=later[0])
    return None if then is None else str(then[0])


def former_names(reader: Reader, at: int | None, model: int, present: str) -> tuple[str, ...]:
    """Return the other names that a model bore, oldest first."""
    return tuple(name for (name,) in FORMER.rows(reader, at, model=model, folded=fold(present)))


def no_model_error(reader: Reader, at: int | None, name: str) -> NotFound:
    """Return the error for a name that no model bore, with those that are near."""
    shown = printable(name)
    message = f"there is no model {shown}" if at is None else f"there was no model {shown} then"
    length, folded = len(name), fold(name)
    lengths = {"shortest": length - _LENGTH_DIFFERENCE, "longest": length + _LENGTH_DIFFERENCE}
    names = [row[0] for row in SIMILAR.rows(reader, at, **lengths, first=f"{folded}/%", last=f"%/{folded}")]
    whole = [each for each in names if f"/{folded}/" in f"/{fold(each)}/"][:_SUGGESTED]
    return NotFound(message, _with_near("modelkeep list", whole) if whole else hint("modelkeep list", name, names))


def hint(command: str, typed: str, known: list[str]) -> str:
    """Return a command that helps, with what is near to what was typed behind it."""
    import difflib

    by_fold = {fold(name): name for name in known}
    near = [by_fold[found] for found in difflib.get_close_matches(fold(typed), list(by_fold), _SUGGESTED)]
    return _with_near(command, near)


def _with_near(command: str, near: list[str]) -> str:
    return f"{command}        (near: {', '.join(near)})" if near else command
