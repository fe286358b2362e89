"""Entries are read to the letter: what is not exactly one is damage, what is of a later format is not ours to read."""

import importlib
import json
import pkgutil
import subprocess
from typing import get_args

import pytest
from log_kinds import EVENTS, events, intents
from msgspec.structs import replace
from stories import GOLDEN

from modelkeep.domain import verbs
from modelkeep.domain.entry import LARGEST_ENTRY, Signature, documents_of, hash_entry, parse_entry
from modelkeep.domain.project import project
from modelkeep.domain.record import encode_canonical as encode
from modelkeep.domain.verbs import all_verbs
from modelkeep.domain.verbs.interface import Command, Event
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
    assert "sha256:" + said.split()[0] == hash_entry(PROMOTE)


NOT_CANONICAL = "entry: not canonical JSON: the bytes are not the ones in which this value is written"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", "entry: Expected `object`, got `array`"),
        (b"{}", "entry: Object missing required field `seq`"),
        (edited(PROMOTE, "format", value="modelkeep entry 0"), "entry: Invalid value 'modelkeep entry 0' - at `$.format`"),
        (edited(PROMOTE, "format", value="modelkeep entry 01"), "entry: Invalid value 'modelkeep entry 01' - at `$.format`"),
        (edited(PROMOTE, "format", value="modelkeep intent 2"), "entry: Invalid value 'modelkeep intent 2' - at `$.format`"),
        (edited(PROMOTE, "clock", value="x" * 70_000), "entry: longer than 65535 bytes"),
        (without(PROMOTE, "events"), "entry: no events"),
        (edited(PROMOTE, "events", value=[]), NOT_CANONICAL),
        (edited(PROMOTE, "events", value={}), "entry: Expected `array`, got `object` - at `$.events`"),
        (edited(PROMOTE, "events", value=[1]), "entry: Expected `object`, got `int` - at `$.events[0]`"),
        (edited(PROMOTE, "events", 0, "kind", value="VersionBlessed"), "entry: Invalid value 'VersionBlessed' - at `$.events[0].kind`"),
        (edited(PROMOTE, "events", 0, "more", value=1), "entry: Object contains unknown field `more` - at `$.events[0]`"),
        (without(PROMOTE, "events", 0, "stage"), "entry: Object missing required field `stage` - at `$.events[0]`"),
        (edited(PROMOTE, "more", value=1), "entry: Object contains unknown field `more`"),
        (edited(PROMOTE, "prev", value=None), NOT_CANONICAL),
        (edited(PROMOTE, "clock", value=json.loads(PROMOTE)["time"]), "entry: not canonical: its clock is written although it is its time"),
        (edited(PROMOTE, "seq", value="2"), "entry: Expected `int`, got `str` - at `$.seq`"),
        (edited(PROMOTE, "seq", value=True), "entry: Expected `int`, got `bool` - at `$.seq`"),
        (edited(PROMOTE, "seq", value=0), "entry: Expected `int` >= 1 - at `$.seq`"),
        (edited(PROMOTE, "observed", value=None), "entry: Expected `object`, got `null` - at `$.observed`"),
        (edited(PROMOTE, "observed", "groups", value="wheel"), "entry: Expected `array`, got `str` - at `$.observed.groups`"),
        (edited(PROMOTE, "observed", "user_namespace", value=0), "entry: Expected `bool`, got `int` - at `$.observed.user_namespace`"),
        (edited(PROMOTE, "intent", value=[]), "entry: Expected `object`, got `array` - at `$.intent`"),
        (edited(PROMOTE, "intent", "format", value="modelkeep intent 2"), "entry: Invalid value 'modelkeep intent 2' - at `$.intent.format`"),
        (edited(PROMOTE, "intent", "command", "kind", value="bless"), "entry: Invalid value 'bless' - at `$.intent.command.kind`"),
        (edited(REGISTER, "intent", "command", "kind", value="retire"), "entry: Object contains unknown field `aliases` - at `$.intent.command`"),
        (edited(REGISTER, "intent", "command", "metrics", value=[["auc"]]), "entry: Expected `array` of length 2 - at `$.intent.command.metrics[0]`"),
        (PROMOTE + b" ", NOT_CANONICAL),
        (PROMOTE.replace(b'"seq":', b'"seq" :'), NOT_CANONICAL),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_not_an_entry_to_the_letter_is_damage(data, message):
    with pytest.raises(Damaged) as caught:
        parse_entry(data)
    assert caught.value.message == message
    assert caught.value.exit_code == 5


def test_an_entry_of_a_later_format_is_refused_as_such():
    with pytest.raises(SchemaMismatch) as caught:
        parse_entry(edited(PROMOTE, "format", value="modelkeep entry 2"))
    assert caught.value.message == "the log has entries of format 2, this modelkeep knows 1"
    assert caught.value.hint == "install a newer modelkeep"


def test_an_entry_has_at_most_65535_bytes():
    entry = parse_entry(PROMOTE)
    room = LARGEST_ENTRY - len(PROMOTE) + len(entry.observed.user)
    full = replace(entry, observed=replace(entry.observed, user="u" * room))
    assert len(full.to_bytes()) == 65_535
    assert parse_entry(full.to_bytes()) == full
    with pytest.raises(UsageError) as caught:
        replace(entry, observed=replace(entry.observed, user="u" * (room + 1))).to_bytes()
    assert caught.value.message == "an entry of the log has at most 65535 bytes, this one would have 65536"


def test_a_deletion_that_takes_too_many_aliases_says_what_to_do():
    entry = parse_entry(PROMOTE)
    deleting = replace(entry.intent, command=intents.Delete())
    gone = tuple(events.AliasRemoved(f"alias-{number}", 2) for number in range(1200))
    with pytest.raises(UsageError) as caught:
        replace(entry, intent=deleting, events=(events.VersionDeleted(2, 1), *gone)).to_bytes()
    assert caught.value.hint == "take aliases off it first: modelkeep alias fraud ALIAS-"


def test_signatures_have_their_place():
    signed = replace(parse_entry(PROMOTE), signatures=(Signature("sshsig", "AAAA"),))
    assert b'"signatures":[{"form":"sshsig","value":"AAAA"}]' in signed.to_bytes()
    assert parse_entry(signed.to_bytes()) == signed


def test_an_intent_is_signed_in_the_bytes_that_lie_in_the_entry():
    for data in (REGISTER, PROMOTE):
        entry = parse_entry(data)
        assert entry.intent.to_bytes() in data


def test_every_kind_of_event_is_written_and_read_to_the_letter():
    who = intents.Principal("user", "ana")
    ends, passed = (events.End("staging", 2, 1),), (events.PassedOver(3, "bad"),)
    found = (events.RuleResult("auc", "0.95", "0.9", passed=True),)
    samples = (
        events.RegistryCreated(), events.ModelCreated(2), events.ModelRenamed(2), events.ModelDeleted(2, 0, ends),
        events.VersionRegistered(2, 1, "1.0"), events.NumbersSkipped(2, 1, 6), events.VersionLabelled(2, 1, "1.0"),
        events.MetricsRecorded(2, 1), events.VersionPromoted(2, "staging", 1, 2, ends, 10, (4,), found, "rule", slots=((0, 9),)),
        events.StageRolledBack(2, "production", 1, 2, ends=ends, passed_over=passed), events.StageRetired(2, "staging", ends),
        events.VersionMarked("bad", 2, 1), events.VersionArchived(1, 3, 2, ends),
        events.VersionRestored(1, 1, 2, ((2, 3),)), events.VersionDeleted(2, 1, ends),
        events.AliasSet("champion", 2, 1), events.AliasRemoved("champion", 2),
        events.Tagged(2), events.Described(2, 1), events.NoteAdded(2),
        events.ShareEnded(2, "production", ends, "signal p99"), events.PromotionRequested(2, "production", 1), events.RequestApproved(2, "production", 1, 7), events.RequestRejected(2, "production", 1, 7),
        events.PolicySet(), events.RoleGranted("owner", who), events.RoleRevoked("owner", who), events.CheckRecorded(2, 1),
        events.DeploymentRecorded(2, "eu", 1, stage="production"), events.SignalReceived(2, 1), events.ItemOpened("signal", 2, 1), events.ItemClosed(9),
        events.VersionSupplemented(2, 1), events.DatasetAdded(),
    )  # fmt: skip
    assert {type(sample) for sample in samples} == set(EVENTS.values())
    entry = replace(parse_entry(PROMOTE), events=samples)
    written = json.loads(entry.to_bytes())["events"]
    assert [each["kind"] for each in written] == [type(sample).__name__ for sample in samples]
    assert parse_entry(entry.to_bytes()) == entry
    assert written[9] == {
        "kind": "StageRolledBack", "ends": [{"stage": "staging", "tenure": 2, "version": 1}], "from": 2, "model": 2,
        "passed_over": [{"version": 3, "why": "bad"}], "stage": "production", "to": 1,
    }  # fmt: skip


def test_an_entry_names_its_documents():
    entry = parse_entry(REGISTER)
    assert documents_of(entry) == {entry.intent.subject.digest: "manifest"}
    assert documents_of(parse_entry(PROMOTE)) == {}


def test_who_an_author_is_called():
    entry = parse_entry(PROMOTE)

    def named(**actor):
        return replace(entry, intent=replace(entry.intent, actor=intents.Actor(**actor))).actor

    ci = intents.CiIdentity("https://ci.example", "repo:acme/fraud")
    assert (named(), named(ci=ci), named(ci=ci, person="ana")) == ("ana", "repo:acme/fraud", "ana")


def _projected(entry, **named):
    return list(project(entry, "sha256:0", None, named))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": None}, "entry 2: an event without the subject it needs"),
        ({"command": intents.Retire()}, "entry 2: an event that does not follow from its intent"),
    ],
)
def test_an_event_that_does_not_fit_its_intent_is_not_projected(change, message):
    entry = parse_entry(REGISTER)
    bent = replace(entry, intent=replace(entry.intent, **change))
    with pytest.raises(Damaged) as caught:
        _projected(bent)
    assert caught.value.message == message


def test_a_version_is_not_projected_without_its_manifest():
    entry = parse_entry(REGISTER)
    with pytest.raises(Damaged, match=r"the manifest sha256:.* is not among the documents"):
        _projected(entry)
    without_digest = replace(entry, intent=replace(entry.intent, subject=replace(entry.intent.subject, digest=None)))
    with pytest.raises(Damaged, match="the manifest None is not among the documents"):
        _projected(without_digest)
    with pytest.raises(Damaged, match="manifest: "):
        _projected(entry, **{entry.intent.subject.digest: b"other"})


def test_a_forged_entry_cannot_leave_out_more_numbers_than_there_may_be_rows():
    forged = replace(parse_entry(REGISTER), events=(events.NumbersSkipped(2, 1, 10_001),))
    with pytest.raises(Damaged, match="it leaves out more than 10000 numbers"):
        _projected(forged)


def test_every_verb_of_the_house_can_be_read_from_the_log():
    for module in pkgutil.iter_modules(verbs.__path__, verbs.__name__ + "."):
        importlib.import_module(module.name)
    assert set(Command.__subclasses__()) == set(get_args(all_verbs.AnyCommand))
    assert set(Event.__subclasses__()) == set(get_args(all_verbs.AnyEvent))
