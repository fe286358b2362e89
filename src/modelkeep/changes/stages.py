"""`promote` and `retire`: changes of the version that holds a stage, or has a share of it."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, Resolve, expectation, subject_of
from modelkeep.changes.shares_left import notes_on_shares_left
from modelkeep.domain.shares import SLOTS, share_words
from modelkeep.domain.stages import StageDef
from modelkeep.domain.verbs.promote import Promote
from modelkeep.reads.references import Say, stage_named, version_of, version_or_model
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState


def promote(ref: str, stage: str, expect: str | None, *, share: int | None, force: bool, break_glass: bool) -> Resolve:
    """Return the change that makes a version the holder of a stage, or gives it a share beside the holder."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"promote {{}} {quote(stage)}")
        stage_def = stage_named(reader, stage)
        return ChangeRequest(
            Promote(break_glass=break_glass, force=force, share=share),
            subject_of(found, stage_def),
            expect=expectation(reader, expect, found.model),
            needed=((found.model, found.number or 0),),
            notes=(
                *_notes_on_skipped_stages(reader, found, stage_def),
                *(_notes_on_force(reader, found) if force else ()),
                *_notes_on_shares(reader, found, stage_def, share),
            ),
        )

    return resolve


def retire(ref: str, stage: str, expect: str | None) -> Resolve:
    """Return the change that empties a stage."""
    from modelkeep.domain.verbs.retire import Retire

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_or_model(reader, ref, say)
        stage_def = stage_named(reader, stage)
        subject, state = subject_of(found, stage_def), SqlState(reader)
        holder = state.holder(found.model, stage_def.name)
        if found.number is None and holder is not None:
            # The author retires the present holder, not one that comes a moment later.
            held = state.version(found.model, holder.version)
            subject = replace(subject, version=holder.version, digest=None if held is None else held.digest)
        return ChangeRequest(Retire(), subject, expect=expectation(reader, expect, found.model))

    return resolve


def _notes_on_force(reader: Reader, found: Resolved) -> Iterator[str]:
    """Yield what ``--force`` changes of the version besides, and what it does not change."""
    version = SqlState(reader).version(found.model, found.number or 0)
    if version is not None and version.archived:
        yield f"{found.ref} is archived no more"
    if version is not None and version.bad:
        yield f"{found.ref} is still marked bad (lift it: modelkeep mark {found.ref} good)"


def _notes_on_skipped_stages(reader: Reader, found: Resolved, stage: StageDef) -> tuple[str, ...]:
    """Return a note for each stage below that the version never held; none where it has been in the stage itself."""
    state = SqlState(reader)
    names = [each.name for each in state.stages()]
    held = state.stages_held(found.model, found.number or 0)
    below = () if stage.name in held else names[: names.index(stage.name)]
    return tuple(f"note: {found.ref} was never in {name}" for name in below if name not in held)


def _notes_on_shares(reader: Reader, found: Resolved, stage: StageDef, share: int | None) -> Iterator[str]:
    """Yield the share that was before, what the holder keeps beside a new one, and the shares that stay beside a new holder."""
    shares = SqlState(reader).shares(found.model, stage.name)
    others = [each for each in shares if each.version != found.number]
    yield from (f"{found.ref} had {share_words(each.share or 0)} before" for each in shares if each not in others)
    holder = SqlState(reader).holder(found.model, stage.name)
    if share is not None and holder is not None:
        kept = SLOTS - share - sum(each.share or 0 for each in others)
        yield f"{found.name}@{holder.version} holds {stage.name} and keeps {share_words(max(kept, 0))}"
    elif share is None:
        yield from notes_on_shares_left(found.name, others)
