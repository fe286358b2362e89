"""`pick`: which version of a stage serves a key."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from modelkeep.context import Context
from modelkeep.domain.answers.serving import Pick, Picks, ServedPart, SlotRange
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.refs import Word, parse_ref
from modelkeep.domain.shares import SLOTS, Slots, free_of, owns, parse_slots, slot_of
from modelkeep.domain.text import check_text, printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.reads.references import model_named, stage_named
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.sql import serving as select
from modelkeep.store.db.sql.version_states import holders
from modelkeep.store.db.state import SqlState


def pick(context: Context, text: str, keys: Sequence[str], moment: str | AsOf | None) -> Picks:
    """Return which versions serve keys in the stage of ``NAME@STAGE``; ``NotFound`` where nothing holds it."""
    ref = parse_ref(text)
    if ref.name is None or not isinstance(ref.selector, Word):
        message = f"pick takes a model and a stage, not {printable(text)}"
        name = ref.name or "NAME"
        raise UsageError(message, f"modelkeep pick {quote(f'{name}@production')} --key user-1")
    for key in keys:
        check_text(key, "the key")
    with snapshot(context, moment) as (reader, at):
        found = model_named(reader, ref.name, context.say, at)
        stage = stage_named(reader, ref.selector.text).name
        held = next((each for each in holders(reader, at, found.model) if each.stage == stage), None)
        if held is None:
            message = f"{found.name} has nothing in {stage}"
            raise NotFound(message, f"modelkeep history {quote(found.name)} {quote(stage)}")
        rows = select.SLOTS.rows(reader, at, model=found.model, stage=stage)
        registry = SqlState(reader).registry_id() or ""
    owned: list[tuple[int, Slots]] = [(version, parse_slots(slots)) for version, _, slots in rows]
    owned.insert(0, (held.version, free_of([slots for _, slots in owned])))

    def serving(key: str) -> Pick:
        slot = slot_of(registry, found.model, stage, key)
        version = next((version for version, slots in owned[1:] if owns(slots, slot)), held.version)
        return Pick(key, f"{found.name}@{version}", version, slot)

    return Picks(
        name=found.name,
        stage=stage,
        registry=registry,
        model=found.model,
        parts=tuple(
            ServedPart(f"{found.name}@{version}", version, _size(slots) * 100 / SLOTS, _ranges(slots))
            for version, slots in owned
        ),
        picks=tuple(map(serving, keys)),
    )


def _size(slots: Slots) -> int:
    return sum(last - first + 1 for first, last in slots)


def _ranges(slots: Slots) -> tuple[SlotRange, ...]:
    return tuple(SlotRange(first, last) for first, last in slots)
