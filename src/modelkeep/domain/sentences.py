"""Entries of the log as sentences: ``promoted fraud@4 to production, in place of fraud@3``.

Made from the entry alone, under the names of its time, and from what people wrote beside it. The
reason is not part of the sentence. An entry that archives or deletes names the tenures it ends by where
they began: which stage each was of is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from modelkeep.domain import events, intents
from modelkeep.domain.entry import Entry
from modelkeep.domain.events import End

_MOST_METRICS, _MOST_TAGS, _LONGEST_NOTE = 4, 4, 200
_UNKNOWN: Mapping[End, str] = {}
_WHY = {"archived": "archived", "bad": "bad", "deleted": "deleted", "left": "left before", "missing": "bytes missing"}


def subject_of(entry: Entry) -> str | None:
    """Return the version or model that an entry is about, under its name of then."""
    subject = entry.intent.subject
    if subject is None:
        return None
    number = _registered(entry) if subject.version is None else subject.version
    return subject.name if number is None else f"{subject.name}@{number}"


def stageless_ends(entry: Entry) -> list[tuple[int, End]]:
    """Return the tenures that an entry ends without saying of which stage, each with its model."""
    return [
        (event.model, end)
        for event in entry.events
        if isinstance(event, events.VersionArchived | events.VersionDeleted)
        for end in event.ends
    ]


def sentence(entry: Entry, texts: Iterable[tuple[str, str]] = (), stages: Mapping[End, str] = _UNKNOWN) -> str:
    """Return what an entry did, in the past tense and without who and when.

    ``texts`` are fields of its details: description, note and tags; a redacted one is missing.
    ``stages`` tells of which stage each of the `stageless_ends` was.
    """
    arguments = entry.intent.arguments
    match arguments:
        case intents.Init():
            told = f"created the registry with the stages {_and([stage.name for stage in arguments.stages])}"
        case intents.Register():
            told = _register(entry)
        case intents.Evaluate():
            told = _evaluate(entry, arguments)
        case intents.Promote() | intents.Rollback() | intents.Retire():
            told = _stage(entry)
        case intents.Mark():
            told = f"marked {subject_of(entry)} {'bad' if arguments.mark == 'bad' else 'good again'}"
        case intents.Archive():
            told = _archive(entry, arguments, stages)
        case intents.Delete():
            told = _delete(entry, stages)
        case intents.Alias():
            told = _alias(entry)
        case intents.Tag() | intents.Describe() | intents.Note():
            told = _annotate(entry, arguments, list(texts))
        case intents.Rename():
            told = f"renamed {_name(entry)} to {arguments.to}"
        case intents.Migrate():
            told = f"raised the log to format {arguments.format}"
        case _:
            assert_never(arguments)
    # An entry that was forged may tell of events that do not follow from what was asked.
    return told or f"asked to {entry.intent.kind} {subject_of(entry)}"


def _register(entry: Entry) -> str:
    parts = []
    for event in entry.events:
        match event:
            case events.VersionRegistered():
                label = "" if event.label is None else f" as {event.label}"
                parts.append(f"registered {_name(entry)}@{event.version}{label}")
            case events.VersionPromoted():
                parts.append(f"put it in {event.stage}{_in_place(entry, event.ends)}")
            case _:
                pass
    aliases = [event.alias for event in entry.events if isinstance(event, events.AliasSet)]
    if aliases:
        parts.append(f"called it {_and(aliases)}")
    return ", ".join(parts)


def _evaluate(entry: Entry, arguments: intents.Evaluate) -> str:
    what = [f"{name} {value}" for name, value in arguments.metrics[:_MOST_METRICS]]
    more = len(arguments.metrics) - len(what)
    if more > 0:
        what.append(f"{more} more")
    what += [f"run {run}" for run in arguments.runs]
    on = arguments.metrics_on
    data = "" if on is None else f" on {on.name}" + (f"@{on.version}" if on.version else "")
    return f"recorded {_and(what)} for {subject_of(entry)}{data}"


def _stage(entry: Entry) -> str:
    parts = []
    for event in entry.events:
        match event:
            case events.VersionRestored():
                parts.append(f"restored {_name(entry)}@{event.first} from the archive")
            case events.VersionPromoted():
                share = "" if event.share is None else f" at {event.share}%"
                to = f"{event.stage}{share}{_in_place(entry, event.ends)}"
                parts.append(f"promoted {_name(entry)}@{event.version} to {to}")
            case events.StageRolledBack():
                parts.append(f"rolled {_name(entry)} {event.stage} back from {event.from_} to {event.to}")
                passed = [f"{each.version} ({_WHY.get(each.why, each.why)})" for each in event.passed_over]
                if passed:
                    parts.append(f"passing over {_and(passed)}")
            case events.StageRetired():
                left = _and([f"{_name(entry)}@{end.version}" for end in event.ends])
                parts.append(f"retired {left} from {event.stage}")
            case events.VersionMarked():
                parts.append(f"{event.version} marked {event.mark}")
            case _:
                pass
    return ", ".join(parts)


def _archive(entry: Entry, arguments: intents.Archive, stages: Mapping[End, str]) -> str:
    which = f"every version of {_name(entry)}" if arguments.all else str(subject_of(entry))
    if arguments.undo:
        return f"restored {which} from the archive"
    ends = [end for event in entry.events if isinstance(event, events.VersionArchived) for end in event.ends]
    return ", ".join([f"archived {which}", *_left(entry, ends, stages)])


def _delete(entry: Entry, stages: Mapping[End, str]) -> str:
    parts = []
    for event in entry.events:
        match event:
            case events.VersionDeleted():
                parts += [f"deleted {_name(entry)}@{event.version}", *_left(entry, event.ends, stages)]
            case events.AliasRemoved():
                parts.append(f"took the alias {event.alias} off {_name(entry)}")
            case _:
                pass
    return ", ".join(parts)


def _left(entry: Entry, ends: Sequence[End], stages: Mapping[End, str]) -> list[str]:
    """Return which version left which stages, a version a part."""
    left: dict[int, dict[str, None]] = {}
    for end in sorted(ends, key=lambda each: each.version):
        left.setdefault(end.version, {})[stages.get(end, "its stage")] = None
    return [f"{_name(entry)}@{version} left {_and(list(names))}" for version, names in left.items()]


def _alias(entry: Entry) -> str:
    parts = []
    for event in entry.events:
        match event:
            case events.AliasSet():
                parts.append(f"called {_name(entry)}@{event.version} {event.alias}")
            case events.AliasRemoved():
                parts.append(f"took the alias {event.alias} off {_name(entry)}")
            case _:
                pass
    return ", ".join(parts)


def _annotate(
    entry: Entry,
    arguments: intents.Tag | intents.Describe | intents.Note,
    fields: Sequence[tuple[str, str]],
) -> str:
    about = subject_of(entry)
    match arguments:
        case intents.Note():
            text = next((value for field, value in fields if field == "note"), None)
            return f"noted on {about}" + ("" if text is None else f": {_short(text)}")
        case intents.Describe():
            described = any(field == "description" and value for field, value in fields)
            return f"described {about}" if described else f"changed the description of {about}"
        case _:
            tags = [f"{field[4:]}={_short(value)}" for field, value in fields if field.startswith("tag.")]
            return _tag(about, tags, len(arguments.remove))


def _tag(about: str | None, tags: Sequence[str], removed: int) -> str:
    parts = []
    if tags:
        more = [f"{len(tags) - _MOST_TAGS} more"] if len(tags) > _MOST_TAGS else []
        parts.append(f"tagged {about} {_and([*tags[:_MOST_TAGS], *more])}")
    if removed:
        parts.append(f"took {removed} tag{'' if removed == 1 else 's'} off {about}")
    return ", ".join(parts) or f"tagged {about}"


def _in_place(entry: Entry, ends: Sequence[End]) -> str:
    if not ends:
        return ""
    return f", in place of {_and([f'{_name(entry)}@{end.version}' for end in ends])}"


def _name(entry: Entry) -> str:
    return "" if entry.intent.subject is None else entry.intent.subject.name


def _registered(entry: Entry) -> int | None:
    return next((event.version for event in entry.events if isinstance(event, events.VersionRegistered)), None)


def _and(words: Sequence[str]) -> str:
    """Return words as a person lists them: ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NOTE else text[:_LONGEST_NOTE] + "..."
