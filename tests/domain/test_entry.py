"""Entries are read to the letter: what is not exactly one is damage, what is of a later format is not ours to read."""

import json
import subprocess
from dataclasses import dataclass as plain

import pytest
from msgspec.structs import replace
from stories import GOLDEN

from modelkeep.domain import entry as chain
from modelkeep.domain import events, intents, records
from modelkeep.domain.actor import actor_of
from modelkeep.domain.canonical import encode
from modelkeep.domain.entry import documents_of, hash_of, parse
from modelkeep.domain.project import project
from modelkeep.errors import Damaged, SchemaMismatch, UsageError

REGISTER = (GOLDEN / "register.json").read_bytes()
PROMOTE = (GOLDEN / "promote.json").read_bytes()


def edited(data, *path, value):
    """Return an entry's canonical bytes with one thing in it put in place of another."""
    whole = json.loads(data)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return encode(whole)


def without(data, *path):
    whole = json.loads(data)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return encode(whole)


def test_a_line_of_shell_checks_a_hash(tmp_path):
    (tmp_path / "entry").write_bytes(PROMOTE)
    shell = r"(printf '\0'; cat entry) | (sha256sum || shasum -a 256)"
    said = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "sha256:" + said.split()[0] == hash_of(PROMOTE)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", "entry: not an object"),
        (b"{}", "entry: unknown format 'None'"),
        (edited(PROMOTE, "format", value="modelkeep entry 0"), "entry: unknown format 'modelkeep entry 0'"),
        (edited(PROMOTE, "format", value="modelkeep entry 01"), "entry: unknown format 'modelkeep entry 01'"),
        (edited(PROMOTE, "format", value="modelkeep entry " + "9" * 5000), "entry: unknown format 'modelkeep entry " + "9" * 84 + "'"),
        (edited(PROMOTE, "format", value="modelkeep intent 2"), "entry: unknown format 'modelkeep intent 2'"),
        (edited(PROMOTE, "clock", value="x" * 70_000), "entry: longer than 65535 bytes"),
        (edited(PROMOTE, "events", value=[]), "entry: no events"),
        (edited(PROMOTE, "events", value={}), "entry: no events"),
        (edited(PROMOTE, "events", value=[1]), "event: not an object"),
        (edited(PROMOTE, "events", 0, "kind", value="VersionBlessed"), "event: unknown kind 'VersionBlessed'"),
        (edited(PROMOTE, "events", 0, "more", value=1), "VersionPromoted: unknown or missing field: more"),
        (without(PROMOTE, "events", 0, "stage"), "VersionPromoted: unknown or missing field: stage"),
        (edited(PROMOTE, "more", value=1), "entry: unknown or missing field: more"),
        (without(PROMOTE, "prev"), "entry: unknown or missing field: prev"),
        (edited(PROMOTE, "seq", value="2"), "entry.seq: not int"),
        (edited(PROMOTE, "seq", value=True), "entry.seq: not int"),
        (edited(PROMOTE, "observed", value=None), "entry.observed: not an object"),
        (edited(PROMOTE, "observed", "groups", value="wheel"), "entry.observed.groups: not a list"),
        (edited(PROMOTE, "observed", "groups", value=[1]), "entry.observed.groups: not str"),
        (edited(PROMOTE, "observed", "user_namespace", value=0), "entry.observed.user_namespace: not bool"),
        (edited(PROMOTE, "intent", value=[]), "intent: not a modelkeep intent 1"),
        (edited(PROMOTE, "intent", "format", value="modelkeep intent 2"), "intent: not a modelkeep intent 1"),
        (edited(PROMOTE, "intent", "kind", value="bless"), "intent: unknown kind 'bless'"),
        (edited(PROMOTE, "intent", "kind", value="retire"), "intent.arguments of retire: unknown or missing field: break_glass, force, request, share"),
        (edited(PROMOTE, "intent", "more", value=1), "intent: unknown or missing field: more"),
        (edited(REGISTER, "intent", "arguments", "metrics", value=[["auc"]]), "intent.arguments of register.metrics: not a list of 2"),
        (edited(REGISTER, "intent", "arguments", "metrics", value=[{}]), "intent.arguments of register.metrics: not a list of 2"),
        (PROMOTE + b" ", "not canonical JSON: the bytes are not the ones this value is written as"),
        (PROMOTE.replace(b'"seq":', b'"seq" :'), "not canonical JSON: the bytes are not the ones this value is written as"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_not_an_entry_to_the_letter_is_damage(data, message):
    with pytest.raises(Damaged) as caught:
        parse(data)
    assert caught.value.message == message
    assert caught.value.exit_code == 5


def test_an_entry_of_a_later_format_is_refused_as_such():
    with pytest.raises(SchemaMismatch) as caught:
        parse(edited(PROMOTE, "format", value="modelkeep entry 2"))
    assert caught.value.message == "the log has entries of format 2, this modelkeep knows 1"
    assert caught.value.hint == "install a newer modelkeep"


def test_an_entry_has_at_most_65535_bytes():
    entry = parse(PROMOTE)
    room = chain.LARGEST - len(PROMOTE) + len(entry.observed.user)
    full = replace(entry, observed=replace(entry.observed, user="u" * room))
    assert len(full.to_bytes()) == 65_535
    assert parse(full.to_bytes()) == full
    with pytest.raises(UsageError) as caught:
        replace(entry, observed=replace(entry.observed, user="u" * (room + 1))).to_bytes()
    assert caught.value.message == "an entry of the log has at most 65535 bytes, this one would have 65536"


def test_signatures_have_their_place():
    signed = replace(parse(PROMOTE), signatures=(chain.Signature("sshsig", "AAAA"),))
    assert b'"signatures":[{"form":"sshsig","value":"AAAA"}]' in signed.to_bytes()
    assert parse(signed.to_bytes()) == signed


def test_an_intent_is_signed_in_the_bytes_that_lie_in_the_entry():
    for data in (REGISTER, PROMOTE):
        entry = parse(data)
        assert entry.intent.to_bytes() in data
        assert intents.Intent.from_json(json.loads(entry.intent.to_bytes())) == entry.intent


def test_every_kind_of_event_is_written_and_read_to_the_letter():
    ends, passed = (events.End(2, 1),), (events.PassedOver(3, "bad"),)
    found = (events.Finding("0.9", passed=True, rule="auc", value="0.95"),)
    samples = (
        events.RegistryCreated(), events.ModelCreated(2), events.ModelRenamed(2), events.VersionRegistered("1.0", 2, 1),
        events.MetricsRecorded(2, 1), events.VersionPromoted((4,), 2, ends, 2, "rule", 10, "staging", found, 1),
        events.StageRolledBack(None, ends, 2, 2, passed, None, "production", 1), events.StageRetired(ends, 2, "staging"),
        events.VersionMarked("bad", 2, 1), events.VersionArchived(ends, 1, 3, 2),
        events.VersionRestored(1, ((2, 3),), 1, 2), events.VersionDeleted(ends, 2, 1),
        events.AliasSet("champion", 2, 1), events.AliasRemoved("champion", 2),
        events.Tagged(2, None), events.Described(2, 1), events.NoteAdded(2, None),
    )  # fmt: skip
    assert {type(sample) for sample in samples} == set(events.KINDS.values())
    for sample in samples:
        written = events.to_json(sample)
        assert written["kind"] == type(sample).__name__
        assert events.from_json(written) == sample
    assert events.to_json(samples[6]) == {
        "kind": "StageRolledBack", "came_from": None, "ends": [{"tenure": 2, "version": 1}], "from": 2, "model": 2,
        "passed_over": [{"version": 3, "why": "bad"}], "rule": None, "stage": "production", "to": 1,
    }  # fmt: skip


def test_only_what_the_log_knows_is_written_to_it():
    @plain(frozen=True)
    class Held:
        inner: object

    with pytest.raises(TypeError, match="object is not written to the log"):
        records.to_json(Held(object()))
    with pytest.raises(TypeError):
        events.to_json(3)


def test_an_entry_names_its_documents():
    entry = parse(REGISTER)
    assert documents_of(entry) == (entry.intent.subject.digest,)
    assert documents_of(parse(PROMOTE)) == ()


def test_who_an_author_is_called():
    entry = parse(PROMOTE)

    def named(**actor):
        return actor_of(replace(entry, intent=replace(entry.intent, actor=replace(intents.NOBODY, **actor))))

    ci = intents.CiIdentity("https://ci.example", "repo:acme/fraud")
    assert (named(), named(ci=ci), named(ci=ci, person="ana")) == ("ana", "repo:acme/fraud", "ana")


def _projected(entry, **named):
    return list(project(entry, "sha256:0", None, named))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": None}, "entry 2: an event without the subject it needs"),
        ({"arguments": intents.Retire()}, "entry 2: an event that does not follow from its intent"),
    ],
)
def test_an_event_that_does_not_fit_its_intent_is_not_projected(change, message):
    entry = parse(REGISTER)
    bent = replace(entry, intent=replace(entry.intent, **change))
    with pytest.raises(Damaged) as caught:
        _projected(bent)
    assert caught.value.message == message


def test_a_version_is_not_projected_without_its_manifest():
    entry = parse(REGISTER)
    with pytest.raises(Damaged, match=r"the manifest sha256:.* is not among the documents"):
        _projected(entry)
    without_digest = replace(entry, intent=replace(entry.intent, subject=replace(entry.intent.subject, digest=None)))
    with pytest.raises(Damaged, match="the manifest None is not among the documents"):
        _projected(without_digest)
    with pytest.raises(Damaged, match="not canonical JSON"):
        _projected(entry, **{entry.intent.subject.digest: b"other"})
